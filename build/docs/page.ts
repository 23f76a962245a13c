// What every generated page has in common: the line that says so, and tables whose cells break nothing.

export function page(title: string, from: string, paragraphs: readonly string[]): string {
  const note = `<!-- Generated from ${from} by \`npm run docs\`: change it there. -->`
  return `${[`# ${title}`, note, ...paragraphs].join('\n\n')}\n`
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

/** A pipe would end the cell, a line break the table; `<` would begin a tag where it is not in code. */
function cell(text: string): string {
  const line = text
    .replaceAll('|', '\\|')
    .replace(/\s*\n\s*/g, ' ')
    .trim()
  return line
    .split(/(`[^`]*`)/)
    .map((part, index) => (index % 2 === 0 ? part.replaceAll('<', '\\<') : part))
    .join('')
}

/** Text as code, whatever backticks it holds. */
export function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``
}
