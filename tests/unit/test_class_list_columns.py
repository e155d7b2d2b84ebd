"""Headings to fields, in several languages and as schools really write them."""

from __future__ import annotations

import pytest

from outreach.class_lists.errors import FileCode, ListError, ListField
from outreach.class_lists.files.csv_file import read_table
from outreach.class_lists.files.table import ListTable
from outreach.class_lists.headings.columns import ListColumns, choose_columns, guess_columns


def table(*rows: str) -> ListTable:
    return read_table("\n".join(rows).encode())


def guess(headings: str, *rows: str) -> dict[int, str]:
    columns = guess_columns(table(headings, *rows or ("Maria;Garcia",)))
    return {column: field.value for column, field in columns.fields.items()}


@pytest.mark.parametrize(
    ("field", "headings"),
    [
        ("given_name", "First name|FIRST NAME|first_name|firstName|Firstname|First-Name |Forename(s)"),
        ("given_name", "Given Names|Pupil's first name|Student First Name"),
        ("given_name", "Prénom|prenom|PRÉNOMS|Prénom de l'élève|Prénom(s)|Nombre de pila|Nombres"),
        ("family_name", "Last name|LastName|Surname|Family name|Student's surname|Apellido|Apellidos|APELLIDOS"),
        ("family_name", "Apellidos del alumno|Primer apellido"),
        ("family_name", "Nom de famille|NOM DE FAMILLE|Nom d'usage|Patronyme"),
        ("second_family_name", "Segundo apellido|Apellido 2|2º apellido|Apellido materno"),
        ("number", "Student number|Student No.|Student ID|Pupil number|Admission No|UPN|Matricule"),
        ("number", "N° d'élève|Numéro d'élève|Número de alumno|Nº expediente"),
        ("number", "Matrícula|INE|StudentID|ID"),
        ("email", "Email|E-mail|e mail|EMAIL ADDRESS|Student e-mail|School email|Mail|Courriel"),
        ("email", "Adresse e-mail|Adresse électronique|Mél"),
        ("email", "Correo electrónico|Correo|CORREO ELECTRONICO DEL ALUMNO|Correo-e"),
        ("email", "Dirección de correo electrónico|Courrier électronique|E-mail élève"),
        ("year_group", "Year|Year group|Grade|Grade level|Curso|Niveau|Année|Año escolar|Nivel"),
        ("birth_date", "Date of birth|DOB|D.O.B.|Birthdate|birth_date|Birthday|Date of birth (dd/mm/yyyy)"),
        ("birth_date", "Date de naissance|Né(e) le|Née le"),
        ("birth_date", "Fecha de nacimiento|Fecha nacimiento|F. nacimiento|F. Nac."),
        ("birth_date", "FECHA DE NACIMIENTO (dd/mm/aaaa)|Date de naissance (jj/mm/aaaa)"),
        ("needs", "Needs|Support needs|Special needs|Allergies|Besoins particuliers|Besoins|Necesidades"),
        ("needs", "Necesidades educativas especiales"),
        ("full_name", "Full name|Student|Pupil|Student name|Alumno/a|Élève|Nombre completo|Nom complet"),
        ("full_name", "Nombre y apellidos|Prénom et nom|Name"),
        ("full_name_family_first", "Nom et prénom|NOM Prénom|Nom, prénom|Apellidos y nombre|Surname, Forename"),
        ("full_name_family_first", "Last name, first name"),
        ("guardian_1_email", "Guardian 1 email|Parent contact email|Parent e-mail|Parent/Carer Email|Parent email 1|Mother's email"),
        ("guardian_1_email", "Correo del padre|Correo de la madre"),
        ("guardian_1_email", "Correo electrónico del tutor|Email tutor legal|E-mail tuteur"),
        ("guardian_1_email", "Courriel du responsable légal 1|Mail père|Courriel parents|Family email"),
        ("guardian_1_name", "Guardian|Guardian 1 name|Parent 1|Parent name|Mother|Father's name|Padre"),
        ("guardian_1_name", "Nombre de la madre|Nom du père|Responsable légal"),
        ("guardian_1_given_name", "Parent 1 First Name|Prénom du tuteur|Mother's first name"),
        ("guardian_1_family_name", "Parent 1 Last Name|Apellidos del padre|Nom de famille de la mère"),
        ("guardian_2_email", "Guardian 2 email|2nd parent email|Guardian2Email|Courriel du responsable 2"),
        ("guardian_2_email", "Second guardian e-mail|Email tutor/a legal 2"),
    ],
)
def test_headings_are_understood(field: str, headings: str) -> None:
    for heading in headings.split("|"):
        fields = guess(f'"{heading}";Curso;Teléfono' if "tutor" in heading else f'"{heading}";Year group;Needs', '"Ana";x;y')
        assert fields.get(0) == field, heading


@pytest.mark.parametrize(
    "heading",
    [
        "Gender",
        "Mother tongue",
        "Langue maternelle",
        "Father's occupation",
        "Parent phone",
        "Teléfono de la madre",
        "Mailing address",
        "Address",
        "Form tutor",
        "Tutor email",
        "Emergency contact",
        "Contact email",
        "Primary e-mail",
        "Parents' evening",
        "Middle name",
        "School",
        "Comments",
        "Ville",
        "Sexe",
        "DNI",
    ],
)
def test_other_headings_are_left_alone(heading: str) -> None:
    assert 2 not in guess(f"First name;Surname;{heading};Needs", "Maria;Garcia;x;y")


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        ("Nombre;Apellidos", ["given_name", "family_name"]),
        ("Nom;Prénom", ["family_name", "given_name"]),
        ("Name;First name", ["family_name", "given_name"]),
        ("Surname;Name", ["family_name", "given_name"]),
        ("Nom;Courriel", ["full_name", "email"]),
        ("Nombre;Correo", ["full_name", "email"]),
        ("Apellido 1;Apellido 2;Nombre", ["family_name", "second_family_name", "given_name"]),
        ("Name;First name;Surname", ["full_name", "given_name", "family_name"]),
        ("Classe;Niveau;Élève", ["class_name", "year_group", "full_name"]),
        ("Nom;Prénom;Classe", ["family_name", "given_name", "class_name"]),
        ("Email;E-mail;Name", ["email", None, "full_name"]),
    ],
)
def test_neighbours_settle_what_a_heading_means(headings: str, expected: list[str | None]) -> None:
    fields = guess(headings, "a;b;c")
    assert [fields.get(column) for column in range(len(expected))] == expected


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        ("Mother;Mother email;Father;Father email", "1_name 1_email 2_name 2_email"),
        ("Parent 2 email;Parent 1 email;Parent 1 name", "2_email 1_email 1_name"),
        ("Mother email;Guardian 1 email;Father email", "2_email 1_email 3_email"),
        ("Parent;E-mail;Parent;E-mail", "1_name 1_email 2_name 2_email"),
        ("Parent name;Parent name;Parent email;Parent email", "1_name 2_name 1_email 2_email"),
        ("Madre;Correo de la madre;Padre;Correo del padre;Tutor;Correo del tutor", "1_name 1_email 2_name 2_email 3_name 3_email"),
        ("Nom du tuteur;Prénom du tuteur;E-mail tuteur", "1_name 1_given_name 1_email"),
    ],
)
def test_guardians_are_told_apart(headings: str, expected: str) -> None:
    fields = guess(f"First name;Surname;Email;{headings}", "Maria;Garcia;m@example.org;x")
    assert [fields[column] for column in range(3, 3 + len(expected.split()))] == [f"guardian_{part}" for part in expected.split()]
    assert fields[2] == "email"


def test_a_fifth_guardian_is_not_imported() -> None:
    fields = guess("First name;Surname;" + ";".join(["Parent email"] * 5), "Maria;Garcia")
    assert sorted(set(fields.values())) == ["family_name", "given_name"] + [f"guardian_{number}_email" for number in range(1, 5)]


def test_headings_may_stand_below_a_title_and_repeat_on_every_page() -> None:
    sheet = table("Class 7A", "Autumn term;", "", "First name;Surname", "Maria;Garcia", "First name;Surname", "Ana;Lopez")
    columns = guess_columns(sheet)
    assert columns.heading_line == 4
    assert [line.line for line in columns.student_lines(sheet)] == [5, 7]


def test_a_column_that_counts_rows_is_no_student_number() -> None:
    assert guess("No.;First name;Surname", "1;Maria;Garcia", "2;Ana;Lopez") == {1: "given_name", 2: "family_name"}
    assert guess("No.;First name;Surname", "4711;Maria;Garcia", "2;Ana;Lopez")[0] == "number"
    assert guess("Student No.;First name;Surname", "1;Maria;Garcia", "2;Ana;Lopez")[0] == "number"


def test_a_list_without_headings_has_none_and_a_person_decides() -> None:
    sheet = table("Maria;Garcia", "Ana;Lopez")
    columns = guess_columns(sheet)
    assert columns == ListColumns(None, (), {})
    assert not columns.names_found
    chosen = choose_columns(sheet, columns, {0: ListField.GIVEN_NAME, 1: ListField.FAMILY_NAME})
    assert chosen.names_found
    assert len(chosen.student_lines(sheet)) == 2
    assert guess_columns(sheet, has_headings=True).headings == ("Maria", "Garcia")
    assert guess_columns(table("First name;Surname", "Ana;Lopez"), has_headings=False).heading_line is None


def test_a_pupil_with_a_name_like_a_heading_is_no_heading() -> None:
    assert guess_columns(table("Nom;Nguyen;7A", "Ana;Lopez;7A")).heading_line is None
    assert guess_columns(table("Name", "Ana Lopez")).heading_line == 1


def test_what_a_person_chooses_overrides_the_guess() -> None:
    sheet = table("Email;Surname;First name;Contact", "x;Garcia;Maria;m@example.org")
    chosen = choose_columns(sheet, guess_columns(sheet), {3: ListField.EMAIL, 1: None, 2: ListField.FULL_NAME})
    assert dict(chosen.fields) == {2: ListField.FULL_NAME, 3: ListField.EMAIL}


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ({0: ListField.EMAIL, 1: ListField.EMAIL}, FileCode.FIELD_CHOSEN_TWICE),
        ({2: ListField.EMAIL}, FileCode.NO_SUCH_COLUMN),
        ({-1: None}, FileCode.NO_SUCH_COLUMN),
    ],
)
def test_a_choice_that_cannot_be_is_refused(chosen: dict[int, ListField | None], code: FileCode) -> None:
    sheet = table("First name;Surname", "Maria;Garcia")
    with pytest.raises(ListError) as caught:
        choose_columns(sheet, guess_columns(sheet), chosen)
    assert caught.value.code is code
