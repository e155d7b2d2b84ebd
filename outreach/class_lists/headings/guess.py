"""What one heading means, guessed from its words; and which row of a file has the headings.

Pure. The phrases, in English, Spanish and French, are without accents, capitals, punctuation and the NOISE words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(phrase.strip() for phrase in text.split(","))


STUDENT = _words(
    "student students pupil pupils child children learner learners alumno alumna alumnos alumnas alumnado estudiante "
    "estudiantes eleve eleves etudiant etudiante etudiants enfant enfants"
)
NOISE = STUDENT | _words(
    "the of s a o os as and y et de del la el los las le les l du d des un una son sa su sus your their votre tu optional "
    "opcional facultatif required obligatorio obligatoire requis dd mm yyyy yy mmm jj aaaa aa"
)

MOTHER = _words("mother mothers mum mom mums moms madre mama mere maman")
FATHER = _words("father fathers dad dads padre papa pere")
GUARDIAN = _words(
    "guardian guardians parent parents carer carers caregiver caregivers padres progenitor progenitores progenitora apoderado "
    "apoderada acudiente responsable responsables tuteur tuteurs tutrice tutores representante representant familiar"
)
TUTOR = frozenset({"tutor", "tutora"})  # a teacher in English, a guardian in Spanish
FAMILY = _words("family familia familias famille familles familial")  # a guardian beside an e-mail word only
SPANISH = _words("nombre nombres apellido apellidos correo fecha nacimiento alumno alumna alumnos numero curso padre madre telefono")
FIRST_TO_FOURTH = {
    **dict.fromkeys(_words("1 first primer primero primera premier premiere"), "1"),
    **dict.fromkeys(_words("2 second seconde segundo segunda deuxieme"), "2"),
    **dict.fromkeys(_words("3 third tercer tercero tercera troisieme"), "3"),
    **dict.fromkeys(_words("4 fourth cuarto cuarta quatrieme"), "4"),
}
ORDINAL_TAILS = _words("st nd rd th er re e ere eme ro do")

EMAIL = _words(
    "email emails mail mails courriel courriels correo correos mel electronico electronicos electronica electronique electroniques"
)
EMAIL_BESIDE = _words(
    "address addresses adresse adresses direccion courrier e personal personnel personnelle school escolar scolaire "
    "institucional academico id 1"
)
GUARDIAN_EMAIL_BESIDE = EMAIL_BESIDE | _words("contact contacto primary principal legal")  # a bare "contact e-mail" may be anybody's

GIVEN = _phrases(
    "first name, firstname, first names, first, given name, given names, givenname, given, forename, forenames, fname, "
    "christian name, legal first name, preferred first name, preferred name, known, prenom, prenoms, prenom usuel, nombres, "
    "nombre pila, primer nombre"
)
FAMILY_NAME = _phrases(
    "last name, lastname, last, family name, familyname, family, surname, surnames, lname, legal last name, second name, nom "
    "famille, nom usage, nom usuel, nom naissance, patronyme, apellido, apellidos, primer apellido, apellido 1, 1 apellido, "
    "apellido paterno, cognoms"
)
SECOND_FAMILY_NAME = _phrases("segundo apellido, apellido 2, 2 apellido, apellido materno")
SOME_NAME = _phrases("name, names, nom, noms, nombre")
FULL_NAME = _phrases(
    "full name, fullname, complete name, display name, first name last name, first last name, name surname, first name "
    "surname, given name family name, nom complet, prenom nom, prenoms noms, nombre completo, nombre apellido, nombre "
    "apellidos, nombres apellidos, nombre apellido s"
)
FULL_NAME_FAMILY_FIRST = _phrases(
    "last name first name, last first name, last first, surname first name, surname name, surname forename, family name given "
    "name, nom prenom, noms prenoms, nom prenoms, apellidos nombre, apellidos nombres, apellido nombre"
)
NUMBER = _phrases(
    "id number, admission number, admission no, candidate number, roll number, registration number, upn, ine, matricule, "
    "numero matricule, matricula, numero matricula, no matricula, n matricula, expediente, numero expediente, no expediente, "
    "n expediente, legajo, nia, sis id, local id, codigo, code, identifiant, identificador, identificacion, numero "
    "identificacion"
)
COUNTER = _phrases("no, n, num, nr, number, numero, id, nro")  # a student number, or only 1, 2, 3
YEAR_GROUP = _phrases(
    "year, year group, yeargroup, year level, school year, grade, grade level, level, curso, curso academico, nivel, grado, "
    "ano, ano escolar, niveau, annee, annee scolaire, annee etude, class year"
)
CLASS_AS_YEAR = _phrases("classe")  # in French lists the class says the year ("3e B")
BIRTH_DATE = _phrases(
    "date birth, birth date, birthdate, birthday, dob, born, born on, date naissance, ddn, ne, nee, ne e, fecha "
    "nacimiento, nacimiento, fecha nac, fec nac, f nacimiento, f nac, fec nacimiento, naissance, date naiss"
)
NEEDS = _phrases(
    "needs, special needs, support needs, access needs, additional needs, accessibility needs, accessibility, special "
    "requirements, accommodations, allergies, allergies needs, besoins, besoins particuliers, besoins specifiques, besoins "
    "educatifs particuliers, amenagements, necesidades, necesidades especiales, necesidades educativas, necesidades "
    "educativas especiales, necesidades apoyo, adaptaciones, alergias"
)


_LOOKED_AT = 10
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_E_MAIL = re.compile(r"\be[\W_]*mail")
_DOTTED = re.compile(r"(?<=\b\w)\.(?=\w\b)")  # D.O.B.
_WORD = re.compile(r"[^\W\d_]+|\d+")
_MARKS = re.compile("[\u0300-\u036f]")
_STUDENT_PARTS = (
    ("given_name", GIVEN),
    ("family_name", FAMILY_NAME),
    ("second_family_name", SECOND_FAMILY_NAME),
    ("some_name", SOME_NAME),
    ("full_name", FULL_NAME),
    ("full_name_family_first", FULL_NAME_FAMILY_FIRST),
    ("number", NUMBER),
    ("counter", COUNTER),
    ("year_group", YEAR_GROUP),
    ("class_as_year", CLASS_AS_YEAR),
    ("birth_date", BIRTH_DATE),
    ("needs", NEEDS),
)
_GUARDIAN_PARTS = (
    ("given_name", GIVEN),
    ("family_name", FAMILY_NAME),
    ("name", SOME_NAME | FULL_NAME | FULL_NAME_FAMILY_FIRST | {""}),
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """A heading understood: the part it names, and of which guardian (kind, number as written) if of one."""

    part: str
    guardian: tuple[str, str] | None = None


def recognise(headings: Sequence[str]) -> tuple[Meaning | None, ...]:
    """Give each heading's meaning, None where there is none; a Spanish neighbour makes a tutor a guardian."""
    words = [words_of(heading[:80]) for heading in headings]
    spanish = any(not SPANISH.isdisjoint(some) for some in words)
    return tuple(_meaning(some, spanish=spanish) for some in words)


def best_heading(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Give the index of the row that looks most like headings among the first ten, and how many it has (0: none does).

    One known word is enough only for a row that has no unknown one: a lone "Name" is a heading, a pupil called Nombre isn't.
    """
    best, most = 0, 0
    for index, row in enumerate(rows[:_LOOKED_AT]):
        known = len({meaning for meaning in recognise(row[:60]) if meaning})
        alone = known == 1 and sum(bool(cell.strip()) for cell in row) > 1
        if known > most and not alone:
            best, most = index, known
    return best, most


def words_of(heading: str) -> tuple[str, ...]:
    """Give the words of a heading without case, accents and punctuation: 'E-mail1' is ('email', '1')."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", _CAMEL.sub(" ", heading))).casefold()
    words = _WORD.findall(_DOTTED.sub("", _E_MAIL.sub("email", plain)))
    return tuple(word for index, word in enumerate(words) if not (word in ORDINAL_TAILS and index and words[index - 1].isdigit()))


def _meaning(words: tuple[str, ...], *, spanish: bool) -> Meaning | None:
    guardian, rest = _guardian(words, spanish=spanish)
    bare = [word for word in rest if word not in NOISE]
    if not EMAIL.isdisjoint(bare):
        beside = GUARDIAN_EMAIL_BESIDE if guardian else EMAIL_BESIDE
        return Meaning("email", guardian) if set(bare) <= EMAIL | beside else None
    if guardian:
        return _named(_GUARDIAN_PARTS, " ".join(word for word in bare if word != "legal"), guardian)
    of_student = not STUDENT.isdisjoint(words)
    if of_student and (not bare or " ".join(bare) in COUNTER):
        return Meaning("number" if bare else "full_name")
    return _named(_STUDENT_PARTS, " ".join(bare))


def _named(parts: tuple[tuple[str, frozenset[str]], ...], phrase: str, guardian: tuple[str, str] | None = None) -> Meaning | None:
    return next((Meaning(part, guardian) for part, phrases in parts if phrase in phrases), None)


def _guardian(words: tuple[str, ...], *, spanish: bool) -> tuple[tuple[str, str] | None, list[str]]:
    """Take the guardian's words and number out of a heading."""
    adults = GUARDIAN | (TUTOR if spanish else frozenset())
    if not EMAIL.isdisjoint(words):
        adults |= FAMILY
    everyone = MOTHER | FATHER | adults
    if everyone.isdisjoint(words):
        return None, list(words)
    number, rest = "", []
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if word in FIRST_TO_FOURTH and (word.isdigit() or after in everyone):
            number = FIRST_TO_FOURTH[word]
        elif word not in everyone:
            rest.append(word)
    return (_kind(set(words), adults), number), rest


def _kind(words: set[str], adults: frozenset[str]) -> str:
    mother, father = not MOTHER.isdisjoint(words), not FATHER.isdisjoint(words)
    if mother == father or not adults.isdisjoint(words):
        return "guardian"
    return "mother" if mother else "father"
