"""Translation: of questions for the search, of answers for those who read them."""
