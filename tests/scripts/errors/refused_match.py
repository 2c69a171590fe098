value = 3
match value:
    case 3:
        print("three")
