class InsufficientFunds(Exception):
    def __init__(self, balance, amount):
        self.balance = balance
        self.amount = amount
        super().__init__(f"balance {balance} is less than {amount}")

class Account:
    interest = 0.02
    _next = 1000

    def __init__(self, owner, balance=0):
        self.owner = owner
        self.__balance = balance
        self.number = Account._next
        Account._next += 1
        self.history = []

    @property
    def balance(self):
        return self.__balance

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("amount must be positive")
        self.__balance += amount
        self.history.append(("deposit", amount))

    def withdraw(self, amount):
        if amount > self.__balance:
            raise InsufficientFunds(self.__balance, amount)
        self.__balance -= amount
        self.history.append(("withdraw", amount))

    def __str__(self):
        return f"{self.owner:<8}#{self.number} {self.balance:>10,.2f}"

    def __lt__(self, other):
        return self.balance < other.balance

class Savings(Account):
    interest = 0.05
    def add_interest(self):
        self.deposit(self.balance * self.interest)

class Bank:
    def __init__(self):
        self.accounts = {}
    def open(self, kind, owner, balance=0):
        account = kind(owner, balance)
        self.accounts[account.number] = account
        return account
    def __iter__(self):
        return iter(self.accounts.values())
    def __len__(self):
        return len(self.accounts)
    def __getitem__(self, number):
        return self.accounts[number]
    def transfer(self, source, target, amount):
        self[source].withdraw(amount)
        self[target].deposit(amount)

bank = Bank()
ann = bank.open(Account, "Ann", 100)
bob = bank.open(Savings, "Bob", 1234.5)
for action in (
    lambda: ann.deposit(50),
    lambda: ann.withdraw(500),
    lambda: ann.deposit(-1),
    lambda: bank.transfer(bob.number, ann.number, 200.25),
    lambda: bob.add_interest(),
    lambda: setattr(ann, "balance", 1),
    lambda: ann.__balance,
    lambda: bank[1],
):
    try:
        action()
    except InsufficientFunds as error:
        print("refused:", error, error.amount - error.balance)
    except (ValueError, AttributeError, KeyError) as error:
        print(type(error).__name__, error)
for account in sorted(bank, reverse=True):
    print(account, account.history)
print(len(bank), sum(a.balance for a in bank) > 1000, {a.owner: type(a).__name__ for a in bank})
