"""The tab Checkup: is this quantizer any good?"""
