from features.shop.broken import thing

print(thing)
