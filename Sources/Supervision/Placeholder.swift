// Replaced by this room.
