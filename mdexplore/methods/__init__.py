"""Methods: settings and arrays in, a frozen result out; one method a file."""
