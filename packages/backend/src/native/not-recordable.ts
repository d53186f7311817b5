/** The function does something that no fixed graph can do; it runs kernel by kernel then. */
export class NotRecordable extends Error {}
