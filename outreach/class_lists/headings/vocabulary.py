"""The words schools write above their columns, in English, Spanish and French.

Pure. All phrases are without accents, capitals, punctuation and the NOISE words.
"""

from __future__ import annotations


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
