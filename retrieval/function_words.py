"""The small words of questions, by language: they tell a short question's language better than letter statistics.

Only languages in Latin letters, whose short texts are easily confused. Vietnamese is listed as people type it without
tone marks, since with them no list is needed. Words are compared in lower case.
"""

from __future__ import annotations

from typing import Final

FUNCTION_WORDS: Final[dict[str, str]] = {
    "en": "the a an is are was do does did how what where when why which who can could i my me you your it this that "
    "and or of in on to for with from not have has will would should there if be get am we our",
    "es": "el la los las un una es son está están cómo como qué que dónde donde cuándo cuando por para con mi mis me "
    "tu su y de del en al no se puedo puede hay tengo quiero hacer cuál cuánto cuánta cuesta desde si lo yo ha he",
    "de": "der die das ein eine einen einem einer ist sind wie was wo wann warum welche welcher wer kann können ich "
    "mein meine meinen meinem meiner mir mich sie ihr es und oder von im in zu zum zur für mit nicht habe hat wird "
    "werden gibt auf bei den dem des man ihre aus bin",
    "fr": "le la les l un une des est sont comment que quoi où quand pourquoi quel quelle quels quelles qui puis je "
    "mon ma mes me vous votre ce cette et ou de du d en au aux à pour avec pas ne n ai a il elle on sur dans combien "
    "j peut faire faut y suis est-ce qu",
    "pt": "o a os as um uma é são está estão como que onde quando por porque para com meu minha meus minhas me você "
    "seu sua e ou de do da dos das em no na nos nas ao não se posso pode há tenho quero fazer qual quanto quais eu "
    "foi isso este esta vocês tem",
    "gl": "o a os as un unha é son está como que onde cando por para con meu miña me vostede seu súa e ou de do da dos "
    "das en no na ao non se podo pode hai teño quero facer cal canto cales eu foi isto este esta",
    "ca": "el la els les un una és són està com què que on quan per què amb meu meva em vostè seu i o de del en al no "
    "es puc pot hi ha tinc vull fer quin quina quant jo aquest aquesta meus",
    "it": "il lo la i gli le un una è sono come che cosa dove quando perché quale quali chi posso può mio mia miei mie "
    "mi di del della dei e in al alla per con non ho ha si quanto quanti c'è da nel sul dal questo questa devo",
    "nl": "de het een is zijn hoe wat waar wanneer waarom welke wie kan kun ik mijn me u uw je jouw dit dat en of van "
    "in op naar voor met niet heb heeft wordt worden er bij als om te moet mag",
    "sv": "en ett är hur vad var när varför vilken vilka vem kan jag min mitt mina mig du din och eller av i på "
    "till för med inte har det den de att som om finns får ska vill",
    "da": "en et er hvordan hvad hvor hvornår hvorfor hvilken hvilke hvem kan jeg min mit mine mig du din og eller af "
    "i på til for med ikke har det den de at som om der får skal vil meget mange hvis bliver",
    "no": "en et ei er hvordan hva hvor når hvorfor hvilken hvilke hvem kan jeg min mitt mine meg du din og eller av i "
    "på til for med ikke har det den de å som om der får skal vil mye mange hvis blir dere",
    "fi": "on ovat mitä mikä missä milloin miksi miten kuka voinko voiko minun minä sinun se tämä ja tai ei en kuinka "
    "onko olen voi saa mistä mihin paljonko kauanko jos kun",
    "tr": "bir ve veya ile için bu şu ne nasıl nerede nereden ne zaman neden hangi kim mi mı mu mü ben benim var yok "
    "değil kadar olarak çok da de ise bana misiniz mısınız gibi",
    "vi": "toi ban cua cho va la khong co the lam sao nhu nao o dau khi tai gi bao nhieu muon duoc doi tra hang mua "
    "xin chao minh ai may nay thi bi den tu voi phai loi don giao",
    "pl": "jak co gdzie kiedy dlaczego który która które kto czy mogę można mój moja moje mnie się i lub w we na do z "
    "ze dla nie jest są mam ma to ten ta ile od po za",
    "cs": "jak co kde kdy proč který která které kdo mohu můžu lze můj moje mi se si a nebo v ve na do z ze pro ne "
    "není je jsou mám má to ten ta kolik od po za",
    "sk": "ako čo kde kedy prečo ktorý ktorá ktoré kto môžem môj moja moje mi sa si a alebo v vo na do z zo pre nie je "
    "sú mám má to ten tá koľko od po za",
    "hr": "kako što gdje kada zašto koji koja koje tko mogu može moj moja moje mi se i ili u na do iz za ne nije je su "
    "imam ima to taj ta koliko od po li",
    "ro": "cum ce unde când de ce care cine pot poate meu mea mei mele îmi mă și sau în la pe din pentru cu nu este "
    "sunt am are un o cât câte se",
    "hu": "hogyan mi mit hol mikor miért melyik ki lehet az a egy és vagy van nincs nem hogy meg mennyi mennyibe kell "
    "ha el tudom én ez",
    "id": "bagaimana apa di mana dimana kapan mengapa kenapa yang siapa bisa saya anda ini itu dan atau dari ke untuk "
    "dengan tidak ada berapa apakah cara bagaimanakah sudah jika pada belum",
}
