### linli 输出里的词。代码的说明在 codes.ftl。
### 数字参数：count、blocks 等传整数；amount 传已经排好的文字（例如 1,500.00）。

## 产品

product = 邻里 Linli
tagline = 社区积分与资金账本

## 标题

section-hours = 服务时长
section-points = 积分
section-funds = 资金
section-budget = 预算
section-contracts = 合同
section-payments = 付款
section-sources = 资金来源
section-refused = 没有通过的事项
section-unreadable = 读不出的行
section-verified = 核对结果
section-files = 文件
section-next = 接下来可以做

## 说明

demonstration-note = 注意：这是演示密钥，一个程序代表所有人签名，不能用于真实业务。
refused-note = 每一条都记在账本里，写明原因，余额没有变动。
unreadable-note = 这些行没有进入账本。请改正后重新导入。
verified-all = 整个账本重新核对一遍，全部相符。
verified-not = 核对没有通过，请不要使用这份账本。
nothing-here = 没有
more = 还有 { $count } 条
explain-more = 想知道某个代码的意思：linli explain { $code }
seconds = 用时 { $seconds } 秒

## 单位

unit-yuan = 元
unit-points = 积分
unit-minutes = 分钟
unit-hours = 小时
unit-persons = 人
amount-yuan = { $amount } 元
amount-points = { $count } 积分
amount-minutes = { $count } 分钟
amount-hours = { $amount } 小时

## 数目

count-blocks = { $count } 个区块
count-transactions = { $count } 笔交易
count-signatures = { $count } 个签名
count-rows = { $count } 行
count-refused = { $count } 项没有通过
count-unreadable = { $count } 行读不出
count-persons = { $count } 人
count-organisations = { $count } 家单位
count-activities = { $count } 场活动
count-payments = { $count } 笔付款
row-place = { $file } 第 { $line } 行
row-place-column = { $file } 第 { $line } 行「{ $column }」列

## 表头

column-date = 日期
column-name = 名称
column-amount = 金额
column-state = 状态
column-source = 来源
column-fund = 资金
column-line = 预算科目
column-contract = 合同
column-payee = 收款方
column-approved = 批准额度
column-committed = 已占用
column-paid = 已支付
column-available = 可用
column-received = 收到
column-issued = 发放
column-redeemed = 已兑换
column-expired = 已过期
column-held = 待到账
column-locked = 兑换中
column-reason = 原因
column-place = 位置
column-value = 内容
column-count = 数量
column-code = 代码
column-number = 编号
column-meaning = 意思

## 办理状态

state-draft = 草稿
state-effective = 已生效
state-proposed = 已提出
state-published = 已发布
state-cancelled = 已取消
state-signed-up = 已报名
state-checked-in = 已签到
state-checked-out = 已签退
state-attested = 已证明
state-awarded = 已发放
state-held = 待到账
state-available = 可用
state-locked = 兑换中
state-redeemed = 已兑换
state-expired = 已过期
state-open = 待领取
state-fulfilled = 已领取
state-active = 进行中
state-scheduled = 未交付
state-submitted = 已交付
state-accepted = 已验收
state-closed = 已结束
state-returned = 已退回
state-settled = 已结算

## 付款状态

payment-requested = 待审批
payment-approved = 已审批
payment-instructed = 已通知银行
payment-confirmed = 银行已付
payment-failed = 银行未付成
payment-refused = 已退回
payment-lapsed = 审批过期
payment-reconciled = 已对账
payment-returned = 银行退汇

## 代码的种类

class-door = 收不进账本
class-rejection = 规则不允许
class-error = 本机办不到

## linli explain

explain-class = 种类
explain-hint = 怎么办
explain-rule = 依据
explain-check = 核对项目
explain-unknown = 没有 { $name } 这个代码。
explain-nearest = 是不是要找：{ $names }
explain-list = 查看全部代码：linli explain

## 钱包

not-given = （没有填）
ordinal = 第 { $count } 个
ask-passphrase = 密钥「{ $name }」的口令
ask-new-passphrase = 请设一个口令（至少 8 个字，记牢）
ask-again = 再输入一次
ask-differs = 两次不一样，请重新输入
ask-words = 请按顺序输入助记词
ask-sign = 看清楚了，同意签名？
ask-send = 看清楚了，同意签名并提交？
ask-remove = 从这台电脑上删除密钥「{ $name }」？没有助记词或备份就找不回来
ask-hint = 请在终端里运行，或加 --passphrase-file 和 -y
passphrase-short = 口令太短：至少 8 个字
words-write-down = 请把这些助记词按顺序抄在纸上。它们只显示这一次。
words-keep = 谁拿到助记词，谁就能用您的密钥。不要拍照，不要发给任何人，工作人员也不会向您要。
words-written = 抄好后按回车键
words-ask = 请输入第 { $number } 个词
words-wrong = 对不上，请再核对一遍抄下来的词。
keys-none = 这台电脑上还没有密钥。新建一把：linli key new 名字
key-backed-up = 密钥「{ $name }」已备份到 { $file }，打开仍要口令。
key-passphrase-changed = 密钥「{ $name }」的口令已更换。旧的备份仍用旧口令。
key-removed = 密钥「{ $name }」已从这台电脑上删除。
column-purpose = 用途
column-community = 社区
column-public-key = 公钥
column-path = 派生路径
purpose-resident = 居民
purpose-officer = 办事人员
purpose-organisation = 单位
purpose-site = 签到设备
tx-read-first = 请先看清楚，再签名。这份交易要做的是：
tx-until = 有效期
tx-until-value = { $time } 以前（北京时间）
tx-ledger = 账本
tx-number = 交易编号
tx-signers = 签名人
tx-signed-already = 已签名
tx-not-signed = 还没有签名
tx-your-key = （本机密钥「{ $name }」）
tx-role = 以职务 { $role }
tx-for-ever = 写进账本的内容永远保留，不能删除。
tx-built = 交易已生成：{ $file }
tx-signed = 已签名：{ $file }
tx-combined = 签名已合并：{ $file }
tx-next-sign = 还差 { $count } 个签名：linli tx sign { $file } --key 名字
tx-next-submit = 都已签名，可以提交：linli tx submit { $file }

## 用法

usage-unknown-argument = 没有「{ $what }」这个选项。
usage-unknown-command = 没有「{ $what }」这个命令。
usage-missing-argument = 还缺：{ $what }
usage-missing-command = 后面还要写一个命令。
usage-missing-value = 选项「{ $what }」后面要写内容。
usage-wrong-value = 内容不对，{ $what }
usage-conflict = 「{ $what }」不能和别的选项一起用。
usage-wrong = 命令的写法不对：{ $what }
usage-choices = 可以是：{ $what }
usage-near = 是不是要写：{ $what }
usage-help = 在命令后面加 --help 查看用法。

## 办理

write-needs-out = 请加 --out 存成文件，交给他们签名
outcome-final = 已写进账本：第 { $height } 个区块，交易 { $id }
outcome-accepted = 节点已收下，等待写进账本：{ $id }
outcome-would = 可以办，没有提交任何内容。交易 { $id }
transaction-withheld = 这份交易涉及居民，内容不公开。
detail-need = 需要
detail-have = 只有
detail-limit = 上限
detail-over = 超出
detail-index = 第几项
detail-time = 时间
detail-record = 编号
points-none = 还没有积分。
redeem-about = 要兑换：{ $title }，需 { $price } 积分（市场价 { $value }）
redeem-next = 出示兑换券：linli points voucher show { $voucher } --qr
voucher-show = 请向合作单位出示。谁拿到这个码，谁就能领取，不要发给别人。
lines-written = 明细已写入：{ $file }，共 { $count } 条
signup-next = 您的报名编号：{ $participation }（签到、签退、取消时要用）
fund-adds-up = 收到的每一分钱都在上面各处，加起来正好相等。
trace-not-reserved = 还没有批准，没有动用任何一笔资金。
column-programme = 积分计划
column-price = 所需积分
column-left = 还剩
column-valid-to = 有效期到
column-available-at = 到账时间
column-expires-at = 到期时间
column-reward = 礼品或服务
column-start = 开始时间
column-end = 结束时间
column-seats = 空余名额
column-where = 在哪里
column-requested-at = 申请时间
column-approvals = 已审批人数
column-hash = 申请摘要
column-donor = 出资方
column-class = 来源类别
column-level = 入账凭据
column-traced = 已查明来源
place-available = 资金可用
place-origin = 来源
place-committed = 合同已占用
place-reserved = 付款已批准
place-in-flight = 银行在途
place-payee = 已付给
place-retained = 质保金（尾款）
place-suspense = 来源待查
place-lapsed = 已到期
place-returned = 已退回

## accounts, organisations, blocks

unit-fen = 元
column-unit = 单位
column-balance = 余额
column-time = 时间
column-direction = 进出
column-block = 区块
column-transaction = 交易
column-role = 职务
column-kind = 类别
column-step = 级别
column-person = 任职人员
column-digest = 摘要
column-parent = 上一区块
column-state-root = 状态根
direction-in = 进
direction-out = 出
statement-opening = 期初
statement-closing = 期末
owner-resident = 居民
owner-person = 办事人员
owner-organisation = 单位
key-active = 有效
key-ended = 已失效
register-next = 已登记：{ $enrolment }
invite-next = 已登记：{ $id }（授予职务时用：linli org grant）
grant-next = 职务编号：{ $id }
column-free = 还可用
column-total = 合计
column-to = 去向
flow-on = 去
flow-back = 退回
column-agree = 同意的单位
column-changes = 变更数
column-use = 用途
column-since = 起始时间
column-organisation = 单位
column-node = 节点公钥
column-until = 截止时间
column-effect = 生效时间
section-proposal = 提案
column-proposal-hash = 提案摘要
proposal-open = 表态中
proposal-accepted = 已通过，等待生效
proposal-applied = 已生效
proposal-refused = 到期未能生效
proposal-withdrawn = 已撤回
proposal-expired = 已过期
propose-next = 提案编号：{ $id }（表态时用：linli org vote）
config-set = 已记在 { $file }
config-set-profile = 已记在 { $file }；正在使用的一组设置：{ $profile }
account-training = 培训时长
watch-began = { $account }：现在 { $balance }。每一笔变动写定以后马上告诉您；按 Ctrl-C 结束。
watch-lost = 连不上节点，正在重试，直到连上为止。
watch-in = { $time }  进 { $amount }，余额 { $balance }（第 { $number } 笔，第 { $height } 个区块，{ $by }）
watch-out = { $time }  出 { $amount }，余额 { $balance }（第 { $number } 笔，第 { $height } 个区块，{ $by }）
watch-by-transaction = 交易 { $id }
watch-by-time = 到期自动
rotate-next = 以后用新密钥签名。旧密钥不能再签名；请留着，以后可以证明它签过什么。

## 积分和资金的后续

story-title-credit = 服务和积分的后续
story-title-money = 资金的后续
story-count = 次数
story-amount = 数额
story-few = 少于 { $limit }
story-points = { $amount } 分
story-late = 补录的服务（三方确认）
story-corrected-awards = 更正过的记录
story-corrected = 更正收回的积分
story-owed = 待以后的积分补齐
story-charged = 组织方差错，由组织方承担
story-disputes-waiting = 异议待处理（积分冻结）
story-disputes-upheld = 异议结果：原记录正确
story-disputes-corrected = 异议结果：已更正
story-rewards-returned = 退回的有瑕疵礼品
story-vouchers-unused = 取消或逾期未领的兑换券
story-redeemed = 已兑换的积分
story-expired = 到期失效的积分
story-care-pool = 捐入爱心池的积分
story-claims = 商家按月申报
story-claimed-vouchers = 申报的兑换券
story-claims-owed = 其中由预算支付
story-returned = 银行退回的付款
story-reversed = 冲正的错误记账
story-ordered-back = 责令供应方退回
story-refunded = 供应方已退回
story-evaluated = 已评估的合同；未得的绩效款
story-retained = 现扣留的质保金
story-retention-released = 已放行的质保金
story-suspense-open = 来源待查
story-suspense-resolved = 待查款已查明
story-suspense-returned = 待查款已退回
story-batches = 小额捐赠批次
story-small-donations = 其中的捐赠笔数
story-reclassified = 变更用途的资金
story-years-carried = 年度结账；结转下年
story-years-lapsed = 年度结账；到期
story-treasury = 已上缴财政
