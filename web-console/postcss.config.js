// Mantine's light-dark() and breakpoint helpers in style sheets.
export default {
  plugins: {
    'postcss-preset-mantine': {},
  },
};
