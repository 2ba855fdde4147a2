"""Whether a text is in English at all."""

from __future__ import annotations

from batuta.offline.when_words import rx

_ENGLISH = frozenset(
    """
    the a an i you we he she it they is are was be to of for on at in and or with please can
    could would like want need book court free any what when how my your this that tomorrow
    today next yes no not thanks hello hi me us from after before do have there one
    """.split()
)
_FOREIGN = frozenset(
    """
    ich du wir sie ein eine einen einem einer der das dem für fuer und nicht bitte möchte
    moechte morgen heute uhr platz buchen reservieren mir uns gibt kann können hätte gerne um
    auf ist sind je tu nous vous le la les un une du des et pour avec est voudrais veux réserver
    reserver demain aujourd'hui heures heure bonjour merci s'il plaît terrain peux pouvez dans
    sur à au yo quiero quisiera una uno el los las para con por favor mañana manana hoy reservar
    reserva pista cancha hora puedo puede hola gracias está es en de del que y o io vorrei
    voglio prenotare campo domani oggi alle grazie ciao posso può per il lo gli di che della eu
    quero gostaria uma um amanhã hoje às obrigado obrigada olá quadra você você não sim com ik
    wil graag een baan boeken morgen vandaag uur het met voor bedankt hallo van niet chcę proszę
    jutro dzisiaj godzinie kort zarezerwować jag vill boka bana imorgon tack klockan och bir
    istiyorum saat lütfen rezervasyon
    """.split()
)
_BOTH = frozenset(
    "a an i in on me no du de o y es der auf per um un la le el en met van kort".split()
)
"""Words that are foreign only in foreign company."""
_TELLING = _FOREIGN - _BOTH - _ENGLISH
_SURE = 2


def is_foreign(raw: str) -> bool:
    """Say whether a text is in another language than English, as far as common words tell.

    >>> is_foreign("Ich möchte morgen um 16 Uhr einen Platz buchen"), is_foreign("Court A, 16:00")
    (True, False)
    """
    words = rx(r"[^\W\d_]+(?:'[^\W\d_]+)?").findall(raw.lower())
    if not words or (raw.isascii() and _TELLING.isdisjoint(words)):
        return False
    if sum(ord(w[0]) > 0x24F for w in words) * 2 > len(words):
        return True
    english = sum(w in _ENGLISH for w in words)
    telling = not _TELLING.isdisjoint(words)
    foreign = sum(w in _FOREIGN for w in words)
    accented = any(ord(letter) > 0x7F for w in words for letter in w)
    if telling and foreign >= _SURE and foreign > english:
        return True
    return not english and accented and len(words) > _SURE + 1
