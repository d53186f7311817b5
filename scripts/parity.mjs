// Compares a folder of reference values with what the packages compute; see examples/parity.
import '../examples/parity/main.mjs';
