"""Names for the demo. Nobody's: any likeness is chance.

In one school those who share a family name are siblings, but for two namesakes in one class.
"""

from __future__ import annotations

BIOLOGY_10A = (
    "Amara Bennett, Mateo Rivera, Grace Okonkwo, Noah Feldman, Priya Raman, Jamal Whitaker, Sofia Delgado, Ethan Park, "
    "Leila Haddad, Caleb Novak, Mei Zhao, Isaiah Brooks, Tessa Lindqvist, Jamal Whitaker"
)
ANATOMY_CLUB = (
    "Daniel Okonkwo, Ava Castellano, Kwame Mensah, Hannah Weiss, Lucía Herrera, Theo Papadakis, Zainab Yusuf, Oliver Grant, "
    "Nadia Petrova, Marcus Bell, Yuki Tanaka, Elena Marchetti, Dev Malhotra, Imani Coleman, Samuel Ortiz, Freya Nilsen, "
    "Anh Pham, Jonah Rosenthal, Camila Duarte, Tariq Rahman, Abigail Stone, Minjun Seo, Chloé Laurent, Malik Turner"
)
HEALTH_CAREERS = (
    "Valentina Cruz, Ryan Kealoha, Aaliyah Simmons, Diego Fuentes, Hana Kobayashi, Tyler Brandt, Anaya Kapoor, Joaquín Morales, "
    "Lily Nguyen, Andre Baptiste, Mariam Sarkisian, Kai Nakamura, Destiny Walker, Emilio Vargas, Sana Qureshi, Logan Whitfield, "
    "Ximena Rojas, Arman Tehrani, Jasmine Carter, Paolo Santos, Naomi Adler, Victor Lam"
)
AP_BIOLOGY = (
    "Gabriel Cruz, Ruth Abernathy, Ananya Iyer, Connor Hayes, Paloma Ibarra, Jin Ho, Serena Tuiasosopo, Miles Prescott, "
    "Farah Mansour, Bruno Almeida, Ivy Chen, Elijah Freeman, Daniela Quintero, Nikhil Deshpande, Skye Hollis, Rafael Zamora, "
    "Thandi Mokoena, Jared Lowe, Mina Ghorbani, Peter Halloran"
)
YEAR_12 = (
    "Aisha Rahimi, Tom Ashworth, Chidera Eze, Isla MacLeod, Harpreet Gill, Rhys Pritchard, Fatima Bello, Joe Hartley, "
    "Ling Cheung, Niamh Gallagher, Adam Kowalski, Ebony Clarke, Ravi Thakur, Molly Fairhurst, Yusuf Demir, Rosa Ferreira, "
    "Callum Boyd, Shreya Banerjee"
)
YEAR_10 = (
    "Layla Rahimi, Ella Thornbury, Finn Thornbury, George Osei, Poppy Langley, Hamza Malik, Zofia Wójcik, Kofi Agyeman, "
    "Beth Rowlands, Arjun Sethi, Maisie Holt, Ibrahim Sesay, Orla Byrne, Luca Romano, Temi Adeyemi, Jude Pemberton, "
    "Noor Chaudhry, Ewan Sinclair, Mabel Whitlock, Keziah Pryce, Sebastian Hale, Wren Castell"
)
GUARDIANS = (
    "Maria, David, Ngozi, Ahmed, Susan, Carlos, Mei, Patrick, Anjali, Thomas, Rosa, Kemal, Helen, Joseph, Yasmin, Pavel, "
    "Beatriz, Michael, Asha, Walter, Ines, Robert, Thuy, Stephen, Leila, Gareth, Adaeze, Luis, Karen, Hiroshi, Salma"
)
NEEDS = (
    "Latex allergy: gloves without latex, please.",
    "Uses a wheelchair: a step-free way in.",
    "Nut allergy; carries an auto-injector.",
    "Hearing aid on the left: please face her when you speak.",
    "Type 1 diabetes: may need to eat during the session.",
    "Faints at the sight of blood now and then; would like a chair nearby.",
    "Fasting this month: doesn't eat or drink before sunset.",
    "Asthma; the inhaler is in the bag.",
)


def full_names(listed: str) -> list[tuple[str, str]]:
    """Give (given name, family name) of each."""
    pairs = (name.rpartition(" ") for name in listed.split(", "))
    return [(given_name, family_name) for given_name, _blank, family_name in pairs]
