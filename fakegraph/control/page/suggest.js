// A line of text with words that would do at the caret, below it.
import { html, useRef, useState } from "./lib.js";

const MOST = 12;

/** `suggest(text, caret)` gives, or promises, {from, items: [{text, hint}]}: what may stand from there to the caret. */
export function Suggest({ id, label, value, change, submit = () => {}, suggest, placeholder }) {
	const [list, setList] = useState({ from: 0, items: [], at: -1 });
	const box = useRef(null), turn = useRef(0);
	const close = () => { turn.current += 1; setList({ from: 0, items: [], at: -1 }); };
	const look = async (text, caret) => {
		const mine = ++turn.current;
		const found = await suggest(text, caret);
		if (mine === turn.current) setList({ from: found.from, items: found.items.slice(0, MOST), at: -1 });
	};
	const take = (item) => {
		const caret = box.current.selectionStart, text = box.current.value;
		const next = text.slice(0, list.from) + item.text + text.slice(caret);
		box.current.value = next; // at once: who types on does so behind it
		box.current.setSelectionRange(list.from + item.text.length, list.from + item.text.length);
		change(next);
		close();
	};
	const keys = (event) => {
		const { items, at } = list;
		const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
		if (step && items.length) { event.preventDefault(); setList({ ...list, at: (at + step + items.length) % items.length }); }
		else if (event.key === "ArrowDown") look(event.target.value, event.target.selectionStart);
		else if (event.key === "Escape" && items.length) { event.stopPropagation(); close(); }
		else if (event.key === "Tab" && at >= 0) { event.preventDefault(); take(items[at]); }
		else if (event.key === "Enter") { event.preventDefault(); if (at >= 0) take(items[at]); else { close(); submit(event.target.value); } }
	};
	const open = list.items.length > 0;
	return html`<div class="suggest"><input id=${id} ref=${box} type="text" role="combobox" autocomplete="off" spellcheck=${false} aria-label=${label} aria-autocomplete="list"
			aria-expanded=${open} aria-controls=${`${id}-list`} aria-activedescendant=${list.at >= 0 ? `${id}-${list.at}` : undefined} ...${{ placeholder, value }}
			onInput=${(event) => { change(event.target.value); look(event.target.value, event.target.selectionStart); }} onKeyDown=${keys} onBlur=${close} />
		<ul id=${`${id}-list`} role="listbox" aria-label=${`${label}: what would do`} hidden=${!open}>${list.items.map((item, index) => html`<li key=${item.text} id=${`${id}-${index}`} role="option"
			aria-selected=${index === list.at} onMouseDown=${(event) => { event.preventDefault(); take(item); }}>${item.text} <small>${item.hint}</small></li>`)}</ul></div>`;
}
