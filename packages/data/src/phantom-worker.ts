/** Entry of the drawing threads; started by the phantom, not for import. */
import { serve } from './phantom/worker';

serve();
