ages = {"ann": 30}
print(ages["bob"])
