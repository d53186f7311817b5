declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  const glue: never;
  export default glue;
}
declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  const glue: never;
  export default glue;
}
declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  const glue: never;
  export default glue;
}
