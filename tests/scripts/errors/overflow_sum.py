total = 9223372036854775807
total = total + 1
