"""Writes the demo's PDF and DOCX files, whose words stand here: `python scripts/make_demo_files.py`."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from fpdf import FPDF

KNOWLEDGE = Path(__file__).resolve().parent.parent / "knowledge"
# Fixed, so that two runs write the same bytes.
WRITTEN = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)

ERROR_CODES = [
    ("E01", "No connection between display and motor", "Press the plug of the display home; the arrows must meet."),
    ("E03", "A brake lever was pulled while switching on", "Let go of both levers and switch on again."),
    ("E04", "Walk button stuck", "Press it ten times; rinse it with clean water if it is dirty."),
    ("E05", "Torque sensor not calibrated", "Take both feet off the pedals and switch off and on again."),
    ("E07", "No signal from the speed sensor", "Set the gap between magnet and sensor to 5-12 mm."),
    ("E09", "Battery below -10 degrees Celsius", "Warm the battery indoors for two hours."),
    ("E10", "Battery above 60 degrees Celsius", "Park in the shade; the motor returns below 50 degrees."),
    ("E11", "No connection to the battery", "Take the battery out, wipe the contacts, and put it in until it clicks."),
    ("E14", "Motor above 110 degrees Celsius", "Stop for 20 minutes, then ride in Eco."),
    ("E17", "Short circuit in the light cable", "Ride with a battery light and visit a workshop."),
    ("E21", "Firmware update was interrupted", "Hold power and plus for 12 seconds and start the update again."),
    ("E30", "Theft lock is on", "Unlock with the app or the PIN."),
    ("E42", "Service due in 200 km", "Book a service; press OK to hide the message for this ride."),
]

MANUAL: list[tuple[str, list[str]]] = [
    (
        "1 Buttons and screen",
        [
            "The LD-40 has five buttons: power, plus, minus, light and OK. Hold power for two seconds to switch "
            "the bike on or off. The display switches itself off after 10 minutes without movement.",
            "Plus and minus change the level of help: Off, Eco, Tour, Boost. Hold minus to use the walk aid, "
            "which pushes the bike at up to 6 km/h as long as the button is held.",
            "Hold light for one second to switch the lights. With the sensor set to automatic (Menu > Lights) "
            "the lights come on below 1,200 lux.",
        ],
    ),
    (
        "2 Settings",
        [
            "Press OK twice to open the menu. Clock: set hours with plus, minutes with minus. Units: km or miles. "
            "Brightness: 1 to 8; level 8 shortens the range by about 1 %.",
            "Wheel size: Tour 5 2,180 mm, Cargo 2 1,590 mm, Speed 45 2,205 mm. A wrong value falsifies speed and "
            "distance.",
            "Trip reset: hold OK for three seconds in the trip view. The total distance cannot be reset.",
            "Factory settings: Menu > About > Reset. The PIN and the paired phones are kept.",
        ],
    ),
    (
        "3 Charging a phone",
        [
            "The USB-C socket on the lower edge gives 5 V and at most 1.5 A while the bike is switched on. Close "
            "the rubber cap when it rains. Damage by water in an open socket is not covered by the warranty.",
        ],
    ),
]

CARE = [
    "The display is tight against rain (IP65). Do not use a steam cleaner. It works from -15 to +55 "
    "degrees Celsius; in great heat the screen turns darker to protect itself.",
    "The button cell (CR2032) for the clock lasts about five years. Open the two screws at the back with a T8 driver, "
    "change the cell within two minutes, and set the clock again.",
]

WARRANTY: list[tuple[str, list[str]]] = [
    (
        "1. Periods",
        [
            "Frame and rigid fork: five years. Motor, display and wiring: three years. Battery: two years or 500 full "
            "charging cycles, whichever comes first, down to 70 % of its capacity. All other parts: two years.",
            "The periods start on the day of delivery. The statutory rights of consumers remain untouched.",
        ],
    ),
    (
        "2. Who is covered",
        [
            "The first owner, and any later owner who holds the original invoice and has been entered in the app by "
            "hand-over. Bikes that are hired out commercially are covered for one year only.",
        ],
    ),
    (
        "3. What is not covered",
        [
            "Wear of tyres, chains, belts, brake pads, discs, cables and grips. Damage by accident, by overloading, by "
            "water under pressure, by chemicals, by racing or by jumping higher than 15 cm.",
            "Any claim on the drive ends when the speed limit has been altered, or when seals on motor or battery are "
            "broken.",
        ],
    ),
    (
        "4. How to claim",
        [
            "Report the fault within 60 days of noticing it, with order number, frame number, two photos and the "
            "distance ridden. The workshop decides within 10 working days. In a warranty case Larkwheel bears "
            "parts, labour and transport in the country of delivery.",
            "If a repair takes longer than 15 working days, a courtesy bike is free of charge.",
        ],
    ),
    (
        "5. Replacement parts",
        [
            "A replaced part carries the rest of the original period, but at least 12 months. Replaced parts "
            "become the property of Larkwheel. Spare parts are held for at least eight years after the last bike "
            "of a model was sold.",
        ],
    ),
]


class Manual(FPDF):
    """A page with the manual's footer."""

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("Helvetica", size=8)
        self.cell(0, 10, f"LD-40 manual, edition 6, September 2026 - page {self.page_no()} of {{nb}}", align="C")


def write_manual(target: Path) -> None:
    """The manual of the LD-40 display, three pages with a table of error codes."""
    pdf = Manual()
    pdf.set_creation_date(WRITTEN)
    pdf.set_title("LD-40 display manual")
    pdf.set_lang("en")
    pdf.set_margin(20)
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 20)
    pdf.cell(0, 14, "LD-40 display manual", new_x="LMARGIN", new_y="NEXT")
    paragraph(pdf, "For Lark Tour 5, Lark Cargo 2 and Lark Speed 45. Firmware 3.8.2. Part number DSP-40.")
    for heading, texts in MANUAL:
        title(pdf, heading)
        for text in texts:
            paragraph(pdf, text)
    pdf.add_page()
    title(pdf, "4 Error codes")
    paragraph(
        pdf,
        "The display shows a code when something needs your attention. Codes clear themselves once the cause is gone.",
    )
    with pdf.table(col_widths=(12, 54, 84), line_height=5, padding=1) as table:
        table.row(("Code", "Meaning", "What to do"))
        for row in ERROR_CODES:
            table.row(row)
    pdf.add_page()
    title(pdf, "5 Care and button cell")
    for text in CARE:
        paragraph(pdf, text)
    pdf.output(str(target))


def title(pdf: FPDF, text: str) -> None:
    pdf.ln(4)
    pdf.start_section(text)
    pdf.set_font("Helvetica", "B", 14)
    pdf.cell(0, 10, text, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", size=11)


def paragraph(pdf: FPDF, text: str) -> None:
    pdf.set_font("Helvetica", size=11)
    pdf.multi_cell(0, 6, text, new_x="LMARGIN", new_y="NEXT")
    pdf.ln(2)


def write_warranty(target: Path) -> None:
    """The warranty terms, with real heading styles and a table."""
    document = Document()
    properties = document.core_properties
    properties.title, properties.author, properties.language = "Warranty terms", "Larkwheel B.V.", "en"
    properties.created = properties.modified = WRITTEN.replace(tzinfo=None)
    document.add_heading("Warranty terms", 0)
    document.add_paragraph("Larkwheel B.V., Maastricht. For bikes delivered from 1 January 2025.")
    for heading, texts in WARRANTY:
        document.add_heading(heading, 1)
        for text in texts:
            document.add_paragraph(text)
    document.add_heading("6. Overview", 1)
    rows = [
        ("Part", "Period"), ("Frame, rigid fork", "5 years"), ("Motor, display, wiring", "3 years"),
        ("Battery", "2 years or 500 cycles"), ("Suspension fork", "2 years"), ("Paint", "2 years, rust only"),
    ]  # fmt: skip
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    for part, period in rows:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = part, period
    buffer = BytesIO()
    document.save(buffer)
    with ZipFile(buffer) as written, ZipFile(target, "w", ZIP_DEFLATED) as fixed:
        for entry in written.infolist():
            fixed.writestr(ZipInfo(entry.filename, WRITTEN.timetuple()[:6]), written.read(entry), ZIP_DEFLATED)


def main() -> None:
    write_manual(KNOWLEDGE / "repairs" / "display-manual-ld40.pdf")
    write_warranty(KNOWLEDGE / "returns" / "warranty-terms.docx")


if __name__ == "__main__":
    main()
