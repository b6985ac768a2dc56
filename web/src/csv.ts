// Tables as files, as the command line writes them.

const cell = (x: string | number | null): string => {
  if (x === null) return "";
  if (typeof x === "number") return String(Number(x.toPrecision(6)));
  return /[",\n\r]/.test(x) ? `"${x.replaceAll('"', '""')}"` : x;
};

export const csv = (head: string[], rows: (string | number | null)[][]): string => [head, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";

export function save(text: string, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
