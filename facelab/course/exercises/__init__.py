"""The exercises of each chapter, one module per chapter: ``ch03`` holds those of chapter 03."""
