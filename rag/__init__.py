"""Rapporteur: ask United Nations reports in Chinese or English, every statement cited to its paragraph."""
