// What ical.js reads in calendar objects: one question in each line of the input, its answer in the same line of the output.
// Instants come from the VTIMEZONE in the object alone; a time whose zone it doesn't define is trouble.

import { createInterface } from "node:readline";
import ICAL from "ical.js";

const utc = ICAL.Timezone.utcTimezone;

function instant(event, name, trouble) {
  const time = event.getFirstPropertyValue(name);
  if (!time) return null;
  if (time.zone !== utc && time.zone?.component?.name !== "vtimezone") trouble.push(`${name} floats`);
  return time.convertToZone(utc).toString();
}

function text(event, name) {
  return event.getFirstPropertyValue(name)?.toString() ?? "";
}

function person(property) {
  const parameter = (name) => property.getParameter(name) ?? "";
  return {
    address: property.getFirstValue().toString(),
    name: parameter("cn"),
    partstat: parameter("partstat"),
    rsvp: parameter("rsvp"),
  };
}

function entry(event, trouble) {
  return {
    uid: text(event, "uid"),
    sequence: event.getFirstPropertyValue("sequence") ?? 0,
    starts_at: instant(event, "dtstart", trouble),
    ends_at: instant(event, "dtend", trouble),
    status: text(event, "status"),
    transp: text(event, "transp"),
    summary: text(event, "summary"),
    location: text(event, "location"),
    description: text(event, "description"),
    conference: text(event, "conference"),
    organizers: event.getAllProperties("organizer").map(person),
    attendees: event.getAllProperties("attendee").map(person),
  };
}

function read(ics) {
  const trouble = [];
  try {
    const calendar = ICAL.Component.fromString(ics);
    const entries = calendar.getAllSubcomponents("vevent").map((event) => entry(event, trouble));
    return { method: text(calendar, "method"), entries, trouble };
  } catch (error) {
    return { method: "", entries: [], trouble: [...trouble, error.message] };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(read(JSON.parse(line))));
}
