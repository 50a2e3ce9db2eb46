// Which mail is meant by what a test says of it.
"use strict";

const PEOPLE = ["to", "cc", "bcc"];
const KNOWN = ["sender", ...PEOPLE, "subject", "body", "attachments"];

/** What mail is asked for, with lists for all that there may be more of. Refuses what mail has not. */
function wantedMail(criteria) {
  const unknown = Object.keys(criteria).find((name) => !KNOWN.includes(name));
  if (unknown) throw new TypeError(`mail is asked for by ${KNOWN.join(", ")}, not by ${unknown}`);
  const lists = [...PEOPLE, "attachments"].map((name) => [name, [criteria[name] ?? []].flat()]);
  return { ...criteria, ...Object.fromEntries(lists) };
}

/** Whether a mail is so: people are addresses, in any case, and others may stand beside them. */
function matches(wanted, mail) {
  const files = mail.attachments.map(({ name }) => name ?? "");
  return (
    PEOPLE.every((name) => allIn(wanted[name], mail[name])) &&
    allIn(wanted.attachments, files) &&
    allIn([wanted.sender ?? []].flat(), [mail.sender, mail.from]) &&
    meets(wanted.subject, mail.subject) &&
    meets(wanted.body, mail.body)
  );
}

function allIn(wanted, found) {
  const known = new Set(found.map((each) => each.toLowerCase()));
  return wanted.every((each) => known.has(each.toLowerCase()));
}

/** Whether a text is as a pattern says, in which `*` stands for anything. */
function meets(pattern, text) {
  if (pattern === undefined || pattern === text) return true;
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*")}$`).test(text);
}

/** In words. */
function describe({ sender, to, cc, bcc, subject, body, attachments }) {
  const people = { from: [sender ?? []].flat(), to, cc, bcc, with: attachments };
  const said = Object.entries(people).filter(([, each]) => each.length).map(([name, each]) => `${name} ${each.join(", ")}`);
  const texts = Object.entries({ subject, body }).filter(([, each]) => each !== undefined);
  return ["mail", ...said, ...texts.map(([name, each]) => `${name} ${JSON.stringify(each)}`)].join(" ");
}

module.exports = { describe, matches, wantedMail };
