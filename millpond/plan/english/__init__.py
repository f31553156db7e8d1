"""What a Plan says, in plain English: made of its trees and tables alone, so that it is as exact as they are."""
