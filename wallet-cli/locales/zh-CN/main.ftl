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
