/** Days and times for the eye: with the screens, not with the game. */

import * as own from '../../../localization/formats.json?dates';
import { locales, once } from './format';
import { fill, language } from './texts';

const patterns: Partial<Record<string, string>> = own.dates;
const months: Partial<Record<string, string[]>> = own.months;

/** A moment as the server writes it (RFC 3339), as date and time of the device's zone. Clocks run to 24. */
export function dateTime(moment: string): string {
  return `${date(moment)} ${time(moment)}`;
}

export function date(moment: string): string {
  const day = new Date(moment);
  const pattern = patterns[language.value];
  if (pattern) {
    const month = months[language.value]![day.getMonth()]!;
    return fill(pattern, { day: day.getDate(), month, year: day.getFullYear() });
  }
  return once('date', {}, () => new Intl.DateTimeFormat(locales(), { dateStyle: 'medium' })).format(day);
}

export function time(moment: string): string {
  const asked = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  return once('time', asked, () => new Intl.DateTimeFormat(locales(), asked)).format(new Date(moment));
}
