#!/usr/bin/env node
// A file that is there before the build, so that a clone can link to it.
import '../dist/raca.js';
