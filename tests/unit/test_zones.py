"""The zones a person may choose from: all of them, under their country's name, an alias only where it is set already."""

from __future__ import annotations

from outreach.folding import name_key
from outreach.time.zones import BEYOND_COUNTRIES, country_of_zones, zone_names, zone_of_place, zones_by_country


def test_each_zone_lies_in_its_country_and_utc_in_none() -> None:
    countries = country_of_zones()
    assert (countries["Europe/London"], countries["America/Vancouver"], countries["Asia/Kathmandu"]) == ("GB", "CA", "NP")
    assert len(countries) > 300
    assert zone_names() == countries.keys() | {"UTC"}


def test_zones_stand_under_their_country_by_the_name_of_the_city_in_the_readers_language() -> None:
    english, german = zones_by_country("en"), zones_by_country("de")
    assert [country for country in english if country != BEYOND_COUNTRIES] == sorted(english.keys() - {BEYOND_COUNTRIES}, key=name_key)
    assert english["United Kingdom"] == [("Europe/London", "London")]
    assert german["Österreich"] == [("Europe/Vienna", "Wien")]
    cities = [city for _zone, city in english["Canada"]]
    assert cities == sorted(cities, key=name_key)
    assert {zone for zones in english.values() for zone, _city in zones} == zone_names()


def test_a_zone_that_is_set_already_stays_selectable_once() -> None:
    assert zones_by_country("en")[BEYOND_COUNTRIES] == [("UTC", "UTC")]
    assert zones_by_country("en", "US/Eastern")[BEYOND_COUNTRIES] == [("UTC", "UTC"), ("US/Eastern", "US/Eastern")]
    assert zones_by_country("en", "Europe/London")[BEYOND_COUNTRIES] == [("UTC", "UTC")]
    assert zones_by_country("en", "UTC")[BEYOND_COUNTRIES] == [("UTC", "UTC")]
    assert list(zones_by_country("en"))[-1] == BEYOND_COUNTRIES


def test_a_place_has_the_zone_of_its_country_or_of_the_city_it_lies_in() -> None:
    found = {
        ("GB", ""): "Europe/London",
        ("US", "1 Main Street\nChicago, IL 60601"): "America/Chicago",
        ("US", "new york"): "America/New_York",
        ("BR", "Rua Augusta, São Paulo"): "America/Sao_Paulo",
        ("BR", "Sao Paulo"): "America/Sao_Paulo",
        ("US", "Boston"): None,
        ("US", "Chicagoland"): None,
        ("US", ""): None,
        ("CA", "Chicago"): None,
        ("ZZ", "London"): None,
    }
    assert {asked: zone_of_place(*asked) for asked in found} == found
