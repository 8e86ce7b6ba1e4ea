### The words of linli's output. What codes mean is in codes.ftl.
### Arguments: count, blocks and the like are whole numbers; amount is text, ready to print (1,500.00).

## Product

product = 邻里 Linli
tagline = The ledger of community points and funds

## Titles

section-hours = Hours of service
section-points = Points
section-funds = Funds
section-budget = Budget
section-contracts = Contracts
section-payments = Payments
section-sources = Where the money is from
section-refused = Refused
section-unreadable = Unreadable rows
section-verified = Verified
section-files = Files
section-next = What to do next

## Notes

demonstration-note = Note: demonstration keys; one program signs for everybody. Not for real use.
refused-note = Each is in the ledger with its reason; no balance changed.
unreadable-note = These rows are not in the ledger. Correct them and import again.
verified-all = The whole ledger was checked again, and everything agrees.
verified-not = The check did not pass. Do not use this ledger.
nothing-here = none
more = { $count } more
explain-more = What a code means: linli explain { $code }
seconds = took { $seconds } s

## Units

unit-yuan = yuan
unit-points = points
unit-minutes = minutes
unit-hours = hours
unit-persons = people
amount-yuan = { $amount } yuan
amount-points = { $count ->
    [one] { $count } point
   *[other] { $count } points
}
amount-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
amount-hours = { $amount } h

## Counts

count-blocks = { $count ->
    [one] { $count } block
   *[other] { $count } blocks
}
count-transactions = { $count ->
    [one] { $count } transaction
   *[other] { $count } transactions
}
count-signatures = { $count ->
    [one] { $count } signature
   *[other] { $count } signatures
}
count-rows = { $count ->
    [one] { $count } row
   *[other] { $count } rows
}
count-refused = { $count } refused
count-unreadable = { $count ->
    [one] { $count } unreadable row
   *[other] { $count } unreadable rows
}
count-persons = { $count ->
    [one] { $count } person
   *[other] { $count } people
}
count-organisations = { $count ->
    [one] { $count } organisation
   *[other] { $count } organisations
}
count-activities = { $count ->
    [one] { $count } activity
   *[other] { $count } activities
}
count-payments = { $count ->
    [one] { $count } payment
   *[other] { $count } payments
}
row-place = { $file } line { $line }
row-place-column = { $file } line { $line }, column { $column }

## Table headings

column-date = date
column-name = name
column-amount = amount
column-state = state
column-source = from
column-fund = fund
column-line = budget line
column-contract = contract
column-payee = payee
column-approved = approved
column-committed = committed
column-paid = paid
column-available = available
column-received = received
column-issued = given out
column-redeemed = redeemed
column-expired = expired
column-held = on hold
column-locked = being redeemed
column-reason = reason
column-place = place
column-value = content
column-count = number
column-code = code
column-number = number
column-meaning = meaning

## States

state-draft = draft
state-effective = in force
state-proposed = proposed
state-published = published
state-cancelled = called off
state-signed-up = signed up
state-checked-in = checked in
state-checked-out = checked out
state-attested = confirmed
state-awarded = given out
state-held = on hold
state-available = available
state-locked = being redeemed
state-redeemed = redeemed
state-expired = expired
state-open = to be collected
state-fulfilled = collected
state-active = under way
state-scheduled = not delivered
state-submitted = delivered
state-accepted = accepted
state-closed = ended

## States of payments

payment-requested = waits for approval
payment-approved = approved
payment-instructed = bank instructed
payment-confirmed = paid by the bank
payment-failed = not paid by the bank
payment-refused = sent back
payment-lapsed = approval lapsed
payment-reconciled = reconciled
payment-returned = returned by the bank

## Classes of codes

class-door = refused at the door
class-rejection = rejected by the rules
class-error = this machine could not

## linli explain

explain-class = class
explain-hint = what to do
explain-rule = source
explain-check = check
explain-unknown = There is no code { $name }.
explain-nearest = Did you mean: { $names }
explain-list = All codes: linli explain
