import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import type { Theme } from '../site/theme.js'

const palettes = {
  light: {
    keyword: '#cf222e',
    text: '#0a3069',
    number: '#0550ae',
    name: '#8250df',
    comment: '#59636e',
    type: '#953800',
  },
  dark: {
    keyword: '#ff7b72',
    text: '#a5d6ff',
    number: '#79c0ff',
    name: '#d2a8ff',
    comment: '#9198a1',
    type: '#ffa657',
  },
}

/** Colours follow the page's own variables; only the code's are chosen here. */
export function editorTheme(theme: Theme): Extension {
  const p = palettes[theme]
  const style = HighlightStyle.define([
    { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: p.keyword },
    { tag: [tags.string, tags.special(tags.string)], color: p.text },
    { tag: [tags.number, tags.bool, tags.null, tags.atom], color: p.number },
    {
      tag: [
        tags.function(tags.variableName),
        tags.function(tags.propertyName),
        tags.definition(tags.function(tags.variableName)),
      ],
      color: p.name,
    },
    { tag: [tags.className, tags.typeName, tags.self], color: p.type },
    { tag: tags.comment, color: p.comment, fontStyle: 'italic' },
    { tag: tags.invalid, color: p.keyword },
  ])
  const look = EditorView.theme(
    {
      '&': { backgroundColor: 'var(--surface)', color: 'var(--text)', fontSize: '13px' },
      '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6' },
      '.cm-content': { caretColor: 'var(--accent)', padding: '8px 0' },
      '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
      '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--quiet)', border: 'none' },
      '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--accent) 6%, transparent)' },
      '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--text)' },
      '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
        backgroundColor: 'var(--accent-soft)',
      },
      '.cm-panels, .cm-tooltip': {
        backgroundColor: 'var(--raised)',
        color: 'var(--text)',
        border: '1px solid var(--line)',
      },
      '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)' },
      '.cm-textfield, .cm-button': {
        background: 'var(--surface)',
        color: 'var(--text)',
        border: '1px solid var(--line)',
      },
      '.cm-lint-marker': { width: '.8em', height: '.8em' },
      '&.cm-focused': {
        outline: 'none',
        boxShadow: 'inset 0 0 0 2px color-mix(in srgb, var(--accent) 45%, transparent)',
      },
    },
    { dark: theme === 'dark' },
  )
  return [look, syntaxHighlighting(style)]
}
