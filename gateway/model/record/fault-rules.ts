/** The rules for rows of the domestic file: each has a stable code, a severity, and a fix. */

export type Severity = 'refused' | 'warning';

interface Rule {
  readonly severity: Severity;
  /** Title of the group of faults in a report. */
  readonly title: string;
  readonly fix: string;
}

const refused = (title: string, fix: string): Rule => ({ severity: 'refused', title, fix });
const warning = (title: string, fix: string): Rule => ({ severity: 'warning', title, fix });

/** A refused row changes nothing in the store; a row with warnings is imported unchanged. */
export const faultRules = {
  cells_miscounted: refused(
    'The row has more or fewer cells than there are titles',
    'Put quotation marks around cells that hold a comma, leave no cell out, and write the same sign between cells as between titles.',
  ),
  shape_invalid: refused(
    'The line is not a record of the expected shape',
    'Write one JSON object a line that follows schemas/record.schema.json.',
  ),
  field_missing: refused('A required cell is empty', 'Fill the cell in.'),
  number_eaten_by_spreadsheet: refused(
    'A spreadsheet rounded the number',
    'The number cannot be repaired here: take it from the source, with the column formatted as text.',
  ),
  code_malformed: refused(
    'The registration code is not of the form',
    'Correct the code; if a spreadsheet dropped a leading zero, format the column as text and export again.',
  ),
  code_repeated: refused(
    'The file has this registration code already',
    'The first row was taken: remove the others, or correct their codes.',
  ),
  day_malformed: refused('The day is not written as YYYY-MM-DD', 'Write the day as 2017-02-03.'),
  day_impossible: refused('The day does not exist', 'Correct the day.'),
  grade_unknown: refused('The grade is not one of the programme', 'Use a grade of the programme.'),
  status_unknown: refused('The status is not known', 'Use active, suspended, revoked or withdrawn.'),
  role_unknown: refused(
    'A role is not known',
    'Use exporter, importer, manufacturer, warehouse, forwarder, broker, carrier or terminal, with | between them.',
  ),
  consent_unknown: refused('The consent is neither yes nor no', 'Write yes or no.'),
  text_turns_direction: refused(
    'A hidden character turns the direction of the text',
    'Type the text anew, without the hidden character.',
  ),
  text_has_control: refused('The text holds a control character', 'Type the text anew, on one line.'),
  formula_failed: refused(
    'The cell holds an error of a spreadsheet instead of a value',
    'Take the value from its source, and export it as text.',
  ),
  text_stands_for_nothing: refused(
    'The text only says that there is no value: NULL, nan, N/A, a dash',
    'Leave the cell empty, or write the value.',
  ),
  letters_lost: refused(
    'Letters of the text are lost: another program put signs such as ? or U+FFFD in their place',
    'Take the text from its source, and export it as UTF-8.',
  ),
  text_decoded_wrongly: refused(
    'The text was read in another encoding than it was written in',
    'Export it anew from its source as UTF-8, and open it nowhere in between.',
  ),
  as_of_invalid: refused(
    'The moment that the row speaks of is no day or time, or still to come',
    'Write a day at home up to today, as 2018-02-28, or leave the column out.',
  ),
  row_outdated: refused(
    'The row is older than what is known of the operator',
    'Leave the row out; or, if it is the newer one, say of which day it is: --as-of or the column as_of.',
  ),
  lifting_not_later: refused(
    'The row lifts a suspension, a revocation or a withdrawal, and its day is not later',
    'Leave the row out; or write the day from which the operator is active again, or consents again.',
  ),
  text_too_long: refused('The text is longer than 512 characters', 'Shorten the text.'),
  text_invisible: warning(
    'A hidden character takes no room in the text',
    'Type the text anew, unless the script needs the character.',
  ),
  text_is_formula: warning(
    'A spreadsheet would take the text for a formula',
    'Check the text; it was taken as text, and every export defuses it.',
  ),
  restriction_lifted: warning(
    'The row lifts a suspension, a revocation or a withdrawal',
    'Compare the row with the decision; --lift lets the import lift it.',
  ),
  cell_is_number: warning(
    'The cell holds a number, which has no zeros in front',
    'Format the column as text, and compare its first digits with the source.',
  ),
  letter_private: warning(
    'A character of the text means something only to the program that wrote it (Unicode, private use)',
    'Type the character anew; a partner cannot read it.',
  ),
  letter_doubtful: warning(
    'A sign in the text seems to stand for a letter that is lost',
    'Compare the text with its source.',
  ),
  text_escaped: warning(
    'The text holds escapes of HTML, of a URL or of a mail, such as &amp;',
    'Write the characters themselves: a partner that compares names would not find it.',
  ),
  letter_not_latin: warning(
    'A text in Latin letters has a letter that only looks like one, or none at all',
    'Type the text anew in Latin letters; a partner that compares names would not find it.',
  ),
  latin_name_missing: warning(
    'There is no name in Latin letters',
    'Add it: partners that need it leave the operator out.',
  ),
  roles_missing: warning('There is no role', 'Add the roles: partners that need them leave the operator out.'),
  check_digit_wrong: warning(
    'The check digit of the business number is wrong',
    'Compare the number with the certificate; old numbers may be rightful without it.',
  ),
  business_number_length: warning(
    'The business number is longer or shorter than it should be',
    'Compare the number with the certificate.',
  ),
  dates_contradict: warning('Two days contradict each other', 'Correct the days, or leave them if the file is right.'),
  day_in_future: warning('The day is in the future', 'Correct the day, or leave it if the file is right.'),
} as const satisfies Record<string, Rule>;

export type FaultRule = keyof typeof faultRules;

/** One fault of one cell, reported to staff: it may quote the value. */
export interface RowFault {
  /** Row number of a spreadsheet: the titles are row 1. */
  readonly row: number;
  /** The column's title in the file; empty for a fault of the whole row. */
  readonly column: string;
  /** At most 60 characters, hidden characters shown by number. */
  readonly value: string;
  readonly rule: FaultRule;
  readonly detail: string;
  readonly fix: string;
  readonly severity: Severity;
}
