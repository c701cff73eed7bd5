// Numbers, times and names as people read them.

export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && size < 0.001) return value.toExponential(2);
  if (size >= 1e10) return value.toExponential(3);
  const digits = size < 10 ? 3 : size < 100 ? 2 : size < 10000 ? 1 : 0;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A value without its unit; what has neither unit nor fraction is a state or a count. */
export function bare(value: number | null | undefined, unit: string): string {
  return !unit && Number.isInteger(value) ? String(value) : number(value);
}

export function reading(value: number | null | undefined, unit: string): string {
  return unit ? `${number(value)} ${unit}` : bare(value, unit);
}

/** The same in so many letters: of a long unit the end goes, of the number nothing. */
export function brief(value: number | null | undefined, unit: string, most: number): string {
  const kept = Math.max(2, most - bare(value, unit).length - 1);
  return reading(value, unit.length > kept ? `${unit.slice(0, kept - 1)}…` : unit);
}

export function span(seconds: number): string {
  const size = Math.max(0, seconds);
  if (size < 60) return `${Math.round(size)} s`;
  if (size < 3600) return `${Math.floor(size / 60)} min`;
  if (size < 86400) return `${(size / 3600).toFixed(1)} h`;
  return `${(size / 86400).toFixed(1)} d`;
}

export function age(seconds: number): string {
  return `${span(seconds)} ago`;
}

export function clock(milliseconds: number): string {
  const time = new Date(milliseconds);
  const hours = time.toLocaleTimeString("en-GB");
  return new Date().toDateString() === time.toDateString() ? hours : `${day(time)} ${hours}`;
}

/** No order of numbers that some read as another day. */
export function day(time: Date): string {
  const parts: Intl.DateTimeFormatOptions = { day: "2-digit", month: "short" };
  return time.toLocaleDateString("en-GB", time.getFullYear() === new Date().getFullYear() ? parts : { ...parts, year: "numeric" });
}

/** The zone of all times on the page: the browser's. */
export function zone(): string {
  const minutes = -new Date().getTimezoneOffset();
  const two = (part: number): string => String(Math.floor(part)).padStart(2, "0");
  return minutes === 0 ? "UTC" : `UTC${minutes < 0 ? "−" : "+"}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

/** `return_percentage` as `return percentage`. */
export function spoken(name: string): string {
  return name.replaceAll("_", " ").toLowerCase();
}

/** Names of a plant differ at their ends: the middle goes. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = Math.max(2, most - 1);
  return `${text.slice(0, Math.ceil(kept / 2))}…${text.slice(text.length - Math.floor(kept / 2))}`;
}
