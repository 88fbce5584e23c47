"""What belongs to one chapter only: ``ch04`` holds the exercises and figures of chapter 04."""
