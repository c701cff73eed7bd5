// Numbers, times and names as people read them.

export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && size < 0.001) return value.toExponential(2);
  const digits = size < 10 ? 3 : size < 100 ? 2 : size < 10000 ? 1 : 0;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
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
  const today = new Date().toDateString() === time.toDateString();
  return today ? time.toLocaleTimeString("en-GB") : time.toLocaleString("en-GB");
}

/** `return_percentage` as `return percentage`. */
export function spoken(name: string): string {
  return name.replaceAll("_", " ").toLowerCase();
}

export function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, Math.max(1, most - 1))}…` : text;
}
