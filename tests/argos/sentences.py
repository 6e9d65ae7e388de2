"""Support sentences in English, Spanish and German, written for the tests: what the tiny translation models learn.

`{p}` stands where something protected may stand (a code, an address, a name), `{n}` where a number may.
"""

from __future__ import annotations

SENTENCES: tuple[tuple[str, str, str], ...] = (
    # The small desk of tests/conftest.py.
    (
        "We refund within five working days after the parcel has arrived at our warehouse.",
        "Reembolsamos en un plazo de cinco días laborables desde que el paquete llega a nuestro almacén.",
        "Wir erstatten innerhalb von fünf Werktagen, nachdem das Paket in unserem Lager angekommen ist.",
    ),
    (
        "The money goes back the way it came.",
        "El dinero vuelve por donde vino.",
        "Das Geld kommt auf dem Weg zurück, auf dem es kam.",
    ),
    (
        "The return label is free of charge within the European Union.",
        "La etiqueta de devolución es gratuita dentro de la Unión Europea.",
        "Das Rücksendeetikett ist innerhalb der Europäischen Union kostenlos.",
    ),
    (
        "Charge the battery at room temperature with the charger that came with the bike.",
        "Cargue la batería a temperatura ambiente con el cargador que venía con la bicicleta.",
        "Laden Sie den Akku bei Zimmertemperatur mit dem Ladegerät, das beim Fahrrad war.",
    ),
    (
        "A full charge takes four hours.",
        "Una carga completa tarda cuatro horas.",
        "Eine volle Ladung dauert vier Stunden.",
    ),
    (
        "The display shows {p} when the battery is colder than five degrees.",
        "La pantalla muestra {p} cuando la batería está a menos de cinco grados.",
        "Die Anzeige zeigt {p}, wenn der Akku kälter als fünf Grad ist.",
    ),
    ("Let it warm up indoors.", "Deje que se caliente en el interior.", "Lassen Sie ihn drinnen warm werden."),
    ("How long a refund takes", "Cuánto tarda un reembolso", "Wie lange eine Erstattung dauert"),
    ("Who pays for the return", "Quién paga la devolución", "Wer die Rücksendung bezahlt"),
    ("How to charge the battery", "Cómo cargar la batería", "Wie man den Akku lädt"),
    # Questions.
    ("How long does a refund take?", "¿Cuánto tarda un reembolso?", "Wie lange dauert eine Erstattung?"),
    ("Who pays for the return?", "¿Quién paga la devolución?", "Wer bezahlt die Rücksendung?"),
    ("How do I charge the battery?", "¿Cómo cargo la batería?", "Wie lade ich den Akku?"),
    ("How long does a full charge take?", "¿Cuánto tarda una carga completa?", "Wie lange dauert eine volle Ladung?"),
    ("What does {p} mean?", "¿Qué significa {p}?", "Was bedeutet {p}?"),
    ("Where is my order?", "¿Dónde está mi pedido?", "Wo ist meine Bestellung?"),
    ("Where is my order {p}?", "¿Dónde está mi pedido {p}?", "Wo ist meine Bestellung {p}?"),
    ("Can I cancel my order?", "¿Puedo cancelar mi pedido?", "Kann ich meine Bestellung stornieren?"),
    ("How do I get my money back?", "¿Cómo recupero mi dinero?", "Wie bekomme ich mein Geld zurück?"),
    ("Is the warranty valid?", "¿Es válida la garantía?", "Ist die Garantie gültig?"),
    # Statements without places.
    (
        "Please send us a photo of the damage.",
        "Envíenos una foto del daño, por favor.",
        "Bitte senden Sie uns ein Foto vom Schaden.",
    ),
    ("Our team is glad to help you.", "Nuestro equipo le ayudará con gusto.", "Unser Team hilft Ihnen gerne."),
    ("The parcel has arrived.", "El paquete ha llegado.", "Das Paket ist angekommen."),
    ("The order was cancelled.", "El pedido fue cancelado.", "Die Bestellung wurde storniert."),
    (
        "You can pay by card or by bank transfer.",
        "Puede pagar con tarjeta o por transferencia.",
        "Sie können mit Karte oder per Überweisung zahlen.",
    ),
    (
        "Keep the receipt for the warranty.",
        "Guarde el recibo para la garantía.",
        "Bewahren Sie den Beleg für die Garantie auf.",
    ),
    (
        "The warranty does not cover the tyres.",
        "La garantía no cubre los neumáticos.",
        "Die Garantie gilt nicht für die Reifen.",
    ),
    (
        "Press the button until the light turns green.",
        "Pulse el botón hasta que la luz se ponga verde.",
        "Drücken Sie die Taste, bis das Licht grün wird.",
    ),
    (
        "Open the app and choose your bike.",
        "Abra la aplicación y elija su bicicleta.",
        "Öffnen Sie die App und wählen Sie Ihr Fahrrad.",
    ),
    ("Turn the bike off.", "Apague la bicicleta.", "Schalten Sie das Fahrrad aus."),
    ("Turn the bike on again.", "Vuelva a encender la bicicleta.", "Schalten Sie das Fahrrad wieder ein."),
    (
        "Clean the chain with a dry cloth.",
        "Limpie la cadena con un paño seco.",
        "Reinigen Sie die Kette mit einem trockenen Tuch.",
    ),
    ("Shipping is free.", "El envío es gratuito.", "Der Versand ist kostenlos."),
    ("Returns are free.", "Las devoluciones son gratuitas.", "Rücksendungen sind kostenlos."),
    (
        "The workshop is closed on Sunday.",
        "El taller está cerrado el domingo.",
        "Die Werkstatt ist am Sonntag geschlossen.",
    ),
    ("The returns page", "La página de devoluciones", "Die Seite für Rücksendungen"),
    ("Price", "Precio", "Preis"),
    ("Country", "País", "Land"),
    ("Delivery time", "Plazo de entrega", "Lieferzeit"),
    ("Germany", "Alemania", "Deutschland"),
    ("Spain", "España", "Spanien"),
    # With numbers.
    (
        "You have {n} days to return the bike.",
        "Tiene {n} días para devolver la bicicleta.",
        "Sie haben {n} Tage, um das Fahrrad zurückzugeben.",
    ),
    ("Delivery takes {n} days.", "La entrega tarda {n} días.", "Die Lieferung dauert {n} Tage."),
    ("The repair costs {n} euros.", "La reparación cuesta {n} euros.", "Die Reparatur kostet {n} Euro."),
    ("The warranty lasts {n} years.", "La garantía dura {n} años.", "Die Garantie dauert {n} Jahre."),
    (
        "Charge the battery every {n} weeks.",
        "Cargue la batería cada {n} semanas.",
        "Laden Sie den Akku alle {n} Wochen.",
    ),
    ("The bike weighs {n} kilos.", "La bicicleta pesa {n} kilos.", "Das Fahrrad wiegt {n} Kilo."),
    ("We answer within {n} hours.", "Respondemos en {n} horas.", "Wir antworten innerhalb von {n} Stunden."),
    # With a protected item.
    ("Your order {p} is on its way.", "Su pedido {p} está en camino.", "Ihre Bestellung {p} ist unterwegs."),
    ("Write to us at {p}.", "Escríbanos a {p}.", "Schreiben Sie uns an {p}."),
    (
        "Visit {p} for more information.",
        "Visite {p} para más información.",
        "Besuchen Sie {p} für weitere Informationen.",
    ),
    ("See {p} for the details.", "Consulte {p} para los detalles.", "Einzelheiten finden Sie unter {p}."),
    (
        "The error {p} means that the battery is cold.",
        "El error {p} significa que la batería está fría.",
        "Der Fehler {p} bedeutet, dass der Akku kalt ist.",
    ),
    ("Install {p} on your phone.", "Instale {p} en su teléfono.", "Installieren Sie {p} auf Ihrem Telefon."),
    ("The {p} has a new battery.", "La {p} tiene una batería nueva.", "Das {p} hat einen neuen Akku."),
    ("Use the part {p}.", "Use la pieza {p}.", "Verwenden Sie das Teil {p}."),
    ("Type {p} and press the button.", "Escriba {p} y pulse el botón.", "Geben Sie {p} ein und drücken Sie die Taste."),
    ("Error {p}", "Error {p}", "Fehler {p}"),
    # With both.
    (
        "Your order {p} arrives in {n} days.",
        "Su pedido {p} llega en {n} días.",
        "Ihre Bestellung {p} kommt in {n} Tagen.",
    ),
    ("The part {p} costs {n} euros.", "La pieza {p} cuesta {n} euros.", "Das Teil {p} kostet {n} Euro."),
    ("Send {p} within {n} days.", "Envíe {p} en {n} días.", "Senden Sie {p} innerhalb von {n} Tagen."),
)

LANGUAGES = ("en", "es", "de")
