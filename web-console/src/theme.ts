// Colours and defaults of every component.
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const ink: MantineColorsTuple = [
  '#eef1ff', '#dce1fb', '#b6c0f2', '#8d9dea', '#6b7ee3', '#556bdf', '#4961de', '#3a51c5', '#3248b1', '#263d9c',
];

// The neutral tones of the dark scheme: 7 is the page, 6 what lies on it, 4 the lines between.
const dark: MantineColorsTuple = [
  '#cdd1da', '#b3b8c3', '#8b919e', '#5f6672', '#343944', '#2b2f39', '#1c1f27', '#14161c', '#101217', '#0b0c10',
];

export const theme = createTheme({
  primaryColor: 'ink',
  colors: { ink, dark },
  primaryShade: { light: 6, dark: 5 },
  defaultRadius: 'md',
  cursorType: 'pointer',
  fontFamily: '"Inter Variable", ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", sans-serif',
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.375rem' } } },
  respectReducedMotion: true,
  components: {
    Modal: { styles: { title: { fontWeight: 600 } }, defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.45, blur: 2 } } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
    Paper: { defaultProps: { withBorder: true } },
  },
});

/** Tints of the dark scheme: what is light on white is a veil on black. */
export const colorVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {},
  dark: {
    '--mantine-color-gray-light': 'rgb(255 255 255 / 7%)',
    '--mantine-color-gray-light-hover': 'rgb(255 255 255 / 11%)',
    '--mantine-color-gray-light-color': '#b3b8c3',
    '--mantine-color-ink-light': 'rgb(107 126 227 / 18%)',
    '--mantine-color-ink-light-hover': 'rgb(107 126 227 / 24%)',
    '--mantine-color-ink-light-color': '#b6c0f2',
  },
});
