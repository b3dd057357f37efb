// Replaced by the end-to-end tests.
