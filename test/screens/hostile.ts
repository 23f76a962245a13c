// What a node, a cloud, a file or a person could write to take over an operator's terminal or to lie on it. Every medium
// that shows text from outside is tested on all of it.

const ESC = '\u001b'
const BEL = '\u0007'
const ST = `${ESC}\\`
const long = 100_000

/** By name; each is what one field may hold. */
export const hostile: Readonly<Record<string, string>> = {
  // CSI
  'cursor to the top': `a${ESC}[Hb`,
  'cursor up and over': `a${ESC}[99A${ESC}[99Db`,
  'cursor saved and restored': `a${ESC}[s${ESC}[ub${ESC}7${ESC}8`,
  'screen erased': `a${ESC}[2J${ESC}[3Jb`,
  'line erased': `a${ESC}[2Kb`,
  'lines inserted and deleted': `a${ESC}[9L${ESC}[9Mb`,
  'scroll region set': `a${ESC}[3;5rb`,
  'scrolled up and down': `a${ESC}[9S${ESC}[9Tb`,
  'colours set and kept': `a${ESC}[1;5;7;31;42mb`,
  'text concealed': `a${ESC}[8mb`,
  'alternate screen left': `a${ESC}[?1049lb`,
  'cursor shown': `a${ESC}[?25hb`,
  'mouse reported': `a${ESC}[?1000h${ESC}[?1003h${ESC}[?1006hb`,
  'bracketed paste off': `a${ESC}[?2004lb`,
  'wrapping on': `a${ESC}[?7hb`,
  'origin mode on': `a${ESC}[?6hb`,
  'insert mode on': `a${ESC}[4hb`,
  'application cursor keys': `a${ESC}[?1h${ESC}=b`,
  'focus reported': `a${ESC}[?1004hb`,
  'synchronised for ever': `a${ESC}[?2026hb`,
  'device asked': `a${ESC}[c${ESC}[>c${ESC}[=cb`,
  'position asked': `a${ESC}[6n${ESC}[5nb`,
  'cursor shape': `a${ESC}[5 qb`,
  'soft reset': `a${ESC}[!pb`,
  'window resized and title asked': `a${ESC}[8;5;5t${ESC}[21tb`,
  'last character repeated': `a${ESC}[9999bb`,
  'tab stops cleared': `a${ESC}[3gb`,
  'keyboard protocol pushed': `a${ESC}[>31u${ESC}[>4;2mb`,
  'parameters without end': `a${ESC}[${'1;'.repeat(5_000)}b`,
  'colons and private markers': `a${ESC}[38:2::1:2:3m${ESC}[?1;2;3$pb`,
  // Other escapes
  'full reset': `a${ESC}cb`,
  'charset of lines': `a${ESC}(0qqq${ESC})0\u000eb`,
  'screen of E': `a${ESC}#8b`,
  'reverse line feed': `a${ESC}M${ESC}D${ESC}Eb`,
  'keypad and locks': `a${ESC}>${ESC}n${ESC}o${ESC}|b`,
  // OSC
  'title by OSC 0': `a${ESC}]0;owned${BEL}b`,
  'title by OSC 2': `a${ESC}]2;owned${ST}b`,
  'link that lies': `a${ESC}]8;;https://evil.example/${ST}https://good.example/${ESC}]8;;${ST}b`,
  'clipboard written': `a${ESC}]52;c;cm0gLXJmIC8K${BEL}b`,
  'clipboard asked': `a${ESC}]52;c;?${BEL}b`,
  'palette changed': `a${ESC}]4;1;rgb:00/00/00${ST}b`,
  'colours changed and asked': `a${ESC}]10;#000000${BEL}${ESC}]11;?${BEL}${ESC}]12;?${BEL}b`,
  'notification by OSC 9': `a${ESC}]9;call 555${BEL}b`,
  'notification by OSC 777': `a${ESC}]777;notify;HQ;down${BEL}b`,
  'file by iTerm': `a${ESC}]1337;File=name=YQ==;inline=1:AAAA${BEL}b`,
  'working directory': `a${ESC}]7;file:///etc${ST}b`,
  'shell marks': `a${ESC}]133;A${BEL}${ESC}]633;E;rm${BEL}b`,
  // Strings to the terminal
  'settings asked by DCS': `a${ESC}P$qm${ST}b`,
  sixel: `a${ESC}Pq#0;2;0;0;0#0~~@@vv${ST}b`,
  'through tmux': `a${ESC}Ptmux;${ESC}${ESC}]52;c;eA==${BEL}${ST}b`,
  'through screen': `a${ESC}P${ESC}]0;owned${BEL}${ST}b`,
  'picture by kitty': `a${ESC}_Gf=24,s=1,v=1;AAAA${ST}b`,
  'privacy message': `a${ESC}^secret${ST}b`,
  'start of string': `a${ESC}Xsecret${ST}b`,
  // 8 bits
  'CSI of 8 bits': 'a\u009b2J\u009b1;1Hb',
  'OSC of 8 bits': 'a\u009d0;owned\u009cb',
  'DCS of 8 bits': 'a\u0090$qm\u009cb',
  'APC, PM and SOS of 8 bits': 'a\u009fx\u009c\u009ex\u009c\u0098x\u009cb',
  'index and next line of 8 bits': 'a\u0084\u0085\u008d\u0088b',
  'UTF-8 bytes that hold C1': 'ě ś Ü \u00c2\u009b2J',
  // Without an end, nested, split
  'CSI without an end': `a${ESC}[`,
  'CSI with parameters without an end': `a${ESC}[38;5;`,
  'OSC without an end': `a${ESC}]0;owned`,
  'DCS without an end': `a${ESC}Pq#0`,
  'APC without an end': `a${ESC}_G`,
  'PM without an end': `a${ESC}^x`,
  'SOS without an end': `a${ESC}Xx`,
  '8-bit string without an end': 'a\u009d0;owned',
  'escape at the end': `a${ESC}`,
  'escape twice': `a${ESC}${ESC}[2Jb`,
  'escape inside an escape': `a${ESC}[${ESC}[2J2Jb`,
  'escape put together by removal': `a${ESC}\u200b[2J${ESC}\u202e]0;owned${BEL}b`,
  'escape inside OSC': `a${ESC}]0;${ESC}[2J${BEL}b`,
  'escape cancelled': `a${ESC}[\u0018b${ESC}[\u001ac`,
  'controls inside CSI': `a${ESC}[2\u0008\rJb`,
  'a thousand escapes': `${ESC}[1m`.repeat(1_000),
  // Control bytes
  bell: 'a\u0007\u0007\u0007b',
  backspaces: 'safe\u0008\u0008\u0008\u0008evil',
  'carriage return': 'healthy\rfailed',
  'vertical tab and form feed': 'a\u000bb\u000cc',
  'shift out and in': 'a\u000eqqq\u000fb',
  delete: 'a\u007f\u007fb',
  'nul and enquiry': 'a\u0000\u0005b',
  'flow control': 'a\u0011\u0013b',
  'all of C0 and C1': Array.from({ length: 160 }, (_, code) =>
    code < 32 || code > 126 ? String.fromCharCode(code) : '',
  ).join(''),
  'tabs and line feeds': 'a\tb\nc\r\nd\n\n\n',
  // Unicode
  'text turned round': 'user\u202etxt.exe\u202c',
  'text isolated': 'a\u2066b\u2067c\u2068d\u2069e',
  'marks of direction': '\u200fparis\u200e \u061cx',
  'zero-width joiners': 'pa\u200br\u200ci\u200ds\u2060\ufeff',
  'tag characters': `a${[...'hidden'].map(letter => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('')}b`,
  'variation selectors': 'a\ufe0f\ufe0e⚠\ufe0f\u{e0100}b',
  'tower of marks': `a${'\u0301\u0316\u0335'.repeat(200)}b`,
  'marks first': `${'\u0301'.repeat(9)}abc`,
  'marks that enclose': 'a\u20dd\u20e0b1\u20e3',
  'surrogate halves': '\ud83da\ude00b\ud800',
  'storm of replacement signs': '\ufffd'.repeat(500),
  'noncharacters and unassigned': '\uffff\ufffe\ufdd0\u{1fffe}\u{10ffff}\u0378',
  'wide letters': '漢字かな한글ＡＢＣ　全角',
  'emoji alone': '😀🚀✅❌⚠️☃️',
  'emoji family': '👨‍👩‍👧‍👦👩🏽‍🚀🏳️‍🌈',
  flags: '🇩🇪🇨🇭🇩',
  'skin tones': '👍🏿👍🏻🏽',
  keycaps: '1️⃣#️⃣',
  'half-width kana': 'ｶﾞｷﾟﾞﾞ',
  'jamo and fillers': '\u1100\u1161\u11a8\u115f\u1160\u3164\uffa0\u1100',
  'Arabic cluster': 'السَّلامُ لآ ﷺ ﷽',
  'Hebrew with digits': 'שלום 12 עולם',
  'Devanagari cluster': 'क्षत्रिय स्त्री हिन्दी',
  'other joined scripts': 'தமிழ் မြန်မာ ខ្មែរ བོད་ น้ำ ຳ',
  'homoglyph blanks': 'a\u2028b\u2029c\u00a0d\u3000e\u2003f\u202fg\u2800h',
  homoglyphs: 'рaris раris ｐaris',
  'private use': '\ue0001\ue0010\ue0027 \uf8ff\u{f0000}\u{100000}',
  'ligatures that grow': '\ufdfa\ufb03㋿㍿ǆ',
  'very wide signs': '⸻𒐫𒈙꧅',
  'musical and other planes': '𝕳𝖊𝖑𝖑𝖔 𝄞 🂡 𓀀',
  'soft hyphens': 'pa\u00ad\u00adris',
  'bytes that are no UTF-8': new TextDecoder().decode(
    Uint8Array.of(0xff, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0x9b, 0x32, 0x4a),
  ),
  // Long
  'line of 100 kB': 'x'.repeat(long),
  'wide line of 100 kB': '漢'.repeat(long / 3),
  'escapes of 100 kB': `${ESC}]0;`.repeat(long / 4),
  'lines of 100 kB': 'x\n'.repeat(long / 2),
  'blanks of 100 kB': ' '.repeat(long),
  'digits without end': '9'.repeat(400),
  'ANSI art': `${ESC}[0;1;35m▄▄█▀${ESC}[46m▒▒${ESC}[25C▐▌${ESC}[0m`,
  // For other media, and for programs that read along
  'format strings': '%s%n%1$s%x {0} $HOME $[7] {{7*7}}',
  'quotes and shells': `'"\`$(reboot)\`; rm -rf / && | > & \\`,
  HTML: '<script>alert(1)</script><img src=x onerror=alert(1)>&lt;&#27;',
  Markdown: '[a](javascript:x) ![](http://evil.example/x.png) | # **b** `c` <b>\n- d\n\n| e |',
  'formula for a spreadsheet': `=cmd|' /C calc'!A0`,
  'other formulas': '@SUM(1)\t+1-1\r\n-2+3,"x""y"',
  JSON: '{"__proto__":{"x":1},"a":"\\u001b[2J"}\u2028',
  'object names': '__proto__ constructor toString',
  'looks like a line of ours': '● 21  ✖ 0   all up ⏎ ✖ SEV1',
  'log line forged': 'ok\n{"level":60,"msg":"HQ is owned"}',
  empty: '',
}

/**
 * Nothing in it that a terminal would act on: no control of 7 or 8 bits, no override of direction, nothing unpaired,
 * nothing for private use (every font has its own idea of its width).
 */
export const isHarmlessOnTerminal = (text: string): boolean =>
  text.isWellFormed() &&
  !/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e0fff}\p{Co}]/u.test(text)

/** As above, for whole lines that may hold our own colours and end with line feeds: logs and plain output. */
export const isHarmlessOutput = (text: string): boolean =>
  !/[\u0000-\u0009\u000b-\u001a\u001c-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\u001b(?!\[[0-9;]*m)/u.test(text)
