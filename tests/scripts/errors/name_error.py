def greet(person):
    message = "hello " + preson
    return message

print(greet("Ann"))
