/** The tables of alarms.ts. */

import type { Types } from './first-tables.ts';

export function alarmTables({ text, big, clustered, plain }: Types): readonly string[] {
  return [
    `create table alarm (n ${big} primary key, cause ${text} not null, subject ${text} not null, severity ${text} not null,
      detail ${text} not null, fix ${text} not null, opened_at ${text} not null, closed_at ${text},
      acknowledged_at ${text}, acknowledged_by ${text}) ${plain}`,
    'create unique index alarm_open on alarm (cause, subject) where closed_at is null',
    `create table alarm_notice (alarm ${big} not null references alarm (n), event ${text} not null, way ${text} not null,
      attempts integer not null, next_at ${text}, primary key (alarm, event, way)) ${clustered}`,
    'create index alarm_notice_due on alarm_notice (next_at) where next_at is not null',
    // Used by the checks that run every few seconds.
    "create index inbox_rejected on inbox (partner, received_at) where state = 'REJECTED'",
    `create table duty (name ${text} primary key, owner ${text} not null, until ${text} not null) ${plain}`,
    "insert into duty (name, owner, until) values ('alarms', '', '')",
    "insert into counter (name, value) values ('alarm', 0)",
  ];
}
