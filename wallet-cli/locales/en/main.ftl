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
state-returned = returned
state-settled = settled

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

## wallet

not-given = (not given)
ordinal = number { $count }
ask-passphrase = Passphrase of key "{ $name }"
ask-new-passphrase = Choose a passphrase (at least 8 characters)
ask-again = Once more
ask-differs = They differ; type it again
ask-words = Type the words in their order
ask-sign = Sign it?
ask-send = Sign and send it?
ask-remove = Remove key "{ $name }" from this machine? Without its words or a backup it is lost
ask-hint = run it in a terminal, or give --passphrase-file and -y
passphrase-short = the passphrase is too short: at least 8 characters
words-write-down = Write these words down on paper, in their order. They are shown only once.
words-keep = Whoever has the words has your key. No photographs; send them to nobody; no officer will ask for them.
words-written = Press Enter when they are written down
words-ask = Type word { $number }
words-wrong = That does not match. Compare what you wrote down once more.
keys-none = There is no key on this machine yet. Make one: linli key new NAME
key-backed-up = Key "{ $name }" is backed up to { $file }; it still needs its passphrase.
key-passphrase-changed = The passphrase of key "{ $name }" is changed. Old backups keep the old one.
key-removed = Key "{ $name }" is removed from this machine.
column-purpose = purpose
column-community = community
column-public-key = public key
column-path = path
purpose-resident = resident
purpose-officer = officer
purpose-organisation = organisation
purpose-site = site device
tx-read-first = Read this before you sign. This transaction will:
tx-until = valid until
tx-until-value = { $time } Beijing time
tx-ledger = ledger
tx-number = transaction
tx-signers = Signers
tx-signed-already = has signed
tx-not-signed = has not signed yet
tx-your-key = (your key "{ $name }")
tx-role = in role { $role }
tx-for-ever = What is in the ledger stays for ever; nothing is deleted.
tx-built = The transaction is written: { $file }
tx-signed = Signed: { $file }
tx-combined = Signatures joined: { $file }
tx-next-sign = { $count } signatures missing: linli tx sign { $file } --key NAME
tx-next-submit = Everybody has signed: linli tx submit { $file }

## usage

usage-unknown-argument = There is no option { $what }.
usage-unknown-command = There is no command { $what }.
usage-missing-argument = Missing: { $what }
usage-missing-command = A command is missing.
usage-missing-value = Option { $what } needs a value.
usage-wrong-value = Wrong value for { $what }
usage-conflict = { $what } cannot be used together with another option.
usage-wrong = The command is not written as it must be: { $what }
usage-choices = It may be: { $what }
usage-near = Did you mean: { $what }
usage-help = add --help to see how it is used.

## doing

write-needs-out = add --out FILE and let them sign it
outcome-final = In the ledger: block { $height }, transaction { $id }
outcome-accepted = Taken by the node, waits for a block: { $id }
outcome-would = It would be done; nothing was submitted. Transaction { $id }
transaction-withheld = This transaction is about a resident; its content is not public.
detail-need = needed
detail-have = there is
detail-limit = limit
detail-over = over by
detail-index = item
detail-time = time
detail-record = record
points-none = No points yet.
redeem-about = To exchange: { $title }, { $price } points (market value { $value })
redeem-next = Show the voucher: linli points voucher show { $voucher } --qr
voucher-show = Show this to the partner. Whoever has this code can fetch the reward; send it to nobody.
lines-written = Lines written to { $file }: { $count }
signup-next = Your participation: { $participation } (for checking in and out, or to withdraw)
fund-adds-up = Every fen that came in lies in one of these places; they add up.
trace-not-reserved = Not approved yet: no fen are reserved.
column-programme = programme
column-price = points
column-left = left
column-valid-to = valid until
column-available-at = available from
column-expires-at = expires
column-reward = reward
column-start = start
column-end = end
column-seats = free seats
column-where = where
column-requested-at = requested
column-approvals = approvals
column-hash = hash of the request
column-donor = donor
column-class = class
column-level = attested by
column-traced = traced
place-available = free in fund
place-origin = origin
place-committed = committed to contract
place-reserved = reserved for payment
place-in-flight = in flight
place-payee = paid to
place-retained = held back from contract
place-suspense = of unknown origin in fund
place-lapsed = lapsed in fund
place-returned = sent back from fund

## accounts, organisations, blocks

unit-fen = yuan
column-unit = counts
column-balance = balance
column-time = time
column-direction = way
column-block = block
column-transaction = transaction
column-role = role
column-kind = kind
column-step = level
column-person = person
column-digest = hash
column-parent = block before
column-state-root = root of the state
direction-in = in
direction-out = out
statement-opening = At the beginning
statement-closing = At the end
owner-resident = Resident
owner-person = Person in office
owner-organisation = Organisation
key-active = in force
key-ended = not in force
register-next = Enrolled: { $enrolment }
invite-next = Registered: { $id } (for linli org grant)
grant-next = The role: { $id }
column-free = free
column-total = together
column-to = to
flow-on = on
flow-back = back
column-agree = agree
column-changes = changes
column-use = use
column-since = since
column-organisation = organisation
column-node = key of the node
column-until = open until
column-effect = takes effect
section-proposal = Proposal
column-proposal-hash = hash of the proposal
proposal-open = open
proposal-accepted = accepted, waits
proposal-applied = in effect
proposal-refused = refused when due
proposal-withdrawn = withdrawn
proposal-expired = expired
propose-next = The proposal: { $id } (for linli org vote)
config-set = Remembered in { $file }
config-set-profile = Remembered in { $file }; profile in use: { $profile }
account-training = Hours of training
watch-began = { $account }: { $balance } now. Every change is told as it becomes final; Ctrl-C ends it.
watch-lost = The node is not there; trying again until it is.
watch-in = { $time }  in { $amount }, balance { $balance } (number { $number }, block { $height }, { $by })
watch-out = { $time }  out { $amount }, balance { $balance } (number { $number }, block { $height }, { $by })
watch-by-transaction = transaction { $id }
watch-by-time = due by itself
rotate-next = From now on sign with the new key. The old one signs nothing any more; keep it, to prove what it signed.

## What became of points and money

story-title-credit = What became of service and points
story-title-money = What became of money
story-count = how often
story-amount = how much
story-few = fewer than { $limit }
story-points = { $amount } points
story-late = Entered late, confirmed by three
story-corrected-awards = Awards that were corrected
story-corrected = Points taken out by corrections
story-owed = Still to be made good from later awards
story-charged = Charged to organisers for their errors
story-disputes-waiting = Disputes that wait for a decision (points frozen)
story-disputes-upheld = Disputes: the record was right
story-disputes-corrected = Disputes: the record was put right
story-rewards-returned = Defective rewards given back
story-vouchers-unused = Vouchers given back or never fetched
story-redeemed = Points exchanged for rewards
story-expired = Points that expired
story-care-pool = Points given to the care pool
story-claims = Months claimed by partners
story-claimed-vouchers = Vouchers in these claims
story-claims-owed = Owed for them by budget lines
story-returned = Payments returned by the bank
story-reversed = Wrong entries mirrored
story-ordered-back = Claimed back from providers
story-refunded = Paid back by providers
story-evaluated = Contracts evaluated; price that was not earned
story-retained = Held back from contracts now
story-retention-released = Retentions released
story-suspense-open = Of unknown origin, still open
story-suspense-resolved = Of unknown origin, found out
story-suspense-returned = Of unknown origin, sent back
story-batches = Batches of small donations
story-small-donations = Small donations in them
story-reclassified = Given another purpose
story-years-carried = Years closed; carried over
story-years-lapsed = Years closed; lapsed
story-treasury = Returned to the treasury
