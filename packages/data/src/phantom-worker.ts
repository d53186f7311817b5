/** Entry of the drawing threads; started by the phantom, not for import. */
import './phantom/worker';
