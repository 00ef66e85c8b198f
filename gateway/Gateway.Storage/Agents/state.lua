-- The keys, the time, an agent's record and what follows from a change of it. operations.lua comes after this; both are one script, so
-- that every operation is one atomic step. All keys begin with KEYS[1], whose braces keep them in one slot of a Cluster:
--   :agent:ID      hash: see `fields`; the groups of an agent are lines "group TAB order TAB skill"
--   :all           set of agents
--   :due           agents who ring, talk or wrap up, by the end of it (milliseconds)
--   :nodes         nodes, by the end of the lease that each renews
--   :offers        counts agents taken
--   :generation    when all this began: another one when Redis was emptied
--   :free:O:GROUP  available agents of a group in the order O: in_order, round_robin, longest_idle, most_skilled
--   :in:GROUP      set: agents of a group who are not offline
--   :line:GROUP    calls that wait: "9-priority since TAB call TAB node", in the order of these texts
--   :calls:GROUP   hash: call -> its text in :line
--   :waits         "group TAB call", by the end of its lease
local root, operation, clock, lease = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local call = redis.call

local NONE, RINGING, BUSY, WRAP_UP = 0, 1, 2, 3
local OFFLINE, AVAILABLE = 0, 1
local SWEEP = 100 -- the most that one operation expires

-- A double holds microseconds until the year 2255, but tostring() would round them.
local function text(number) return string.format('%.0f', number) end

local micros
if clock == '' then
    local time = call('TIME')
    micros = time[1] * 1000000 + time[2]
else
    micros = tonumber(clock) * 1000 -- of a test
end
local now = math.floor(micros / 1000)

local fields = {'presence', 'reason', 'activity', 'pbx', 'token', 'held', 'released', 'offer', 'call', 'node', 'since', 'idle', 'until',
    'groups'}
local numbers = {presence = true, activity = true, pbx = true, token = true, held = true, released = true, offer = true, since = true,
    idle = true, ['until'] = true}

local changes, changedGroups = {}, {}

local function state(agent)
    if agent.activity == RINGING then return 'ringing' end
    if agent.activity == BUSY or agent.pbx == 1 then return 'busy' end
    if agent.activity == WRAP_UP then return 'wrap_up' end
    if agent.presence == AVAILABLE then return 'available' end
    return agent.presence == OFFLINE and 'offline' or 'away'
end

local function reason(agent) return state(agent) == 'away' and agent.reason or '' end

-- The time of a state that begins: later than that of the last one, even where the clock was set back.
local function nextSince(agent, at) return math.max(at, agent.since + 1) end

local function isHeld(agent) return agent.activity == RINGING or agent.activity == BUSY end

local function isSignedIn(agent) return agent.presence ~= OFFLINE or agent.activity ~= NONE end

-- An AgentStatus as texts.
local function row(agent)
    return {agent.id, text(agent.presence), agent.reason, text(agent.activity), text(agent.pbx), agent.call, text(agent.since),
        text(agent.token), agent.activity == WRAP_UP and text(agent['until']) or ''}
end

-- What save() compares with.
local function remember(agent)
    agent.was = {state = state(agent), reason = reason(agent), isSignedIn = isSignedIn(agent), row = table.concat(row(agent), '\t')}
end

local function create(id)
    local agent = {id = id, reason = '', call = '', node = '', groups = ''}
    for field in pairs(numbers) do agent[field] = 0 end
    agent.since, agent.idle = now, now
    remember(agent)
    return agent
end

local function read(id)
    local values = call('HMGET', root .. ':agent:' .. id, unpack(fields))
    if not values[1] then return nil end
    local agent = {id = id}
    for i, field in ipairs(fields) do agent[field] = numbers[field] and tonumber(values[i]) or values[i] end
    remember(agent)
    return agent
end

local function eachGroup(agent, act)
    for group, order, skill in string.gmatch(agent.groups, '([^\t\n]+)\t([^\t\n]+)\t([^\t\n]+)') do
        act(group, tonumber(order), tonumber(skill))
    end
end

local function touchGroups(agent) eachGroup(agent, function(group) changedGroups[group] = true end) end

-- By skill, then by the time of idleness: 7 bits and 45.
local function skillScore(skill, idle) return (100 - skill) * 35184372088832 + idle end

-- Takes an agent out of the indexes of its groups, or puts it where its state says.
local function index(agent, isAvailable, signedIn)
    eachGroup(agent, function(group, order, skill)
        local free = root .. ':free:'
        if isAvailable then
            call('ZADD', free .. 'in_order:' .. group, order, agent.id)
            call('ZADD', free .. 'round_robin:' .. group, agent.offer, agent.id)
            call('ZADD', free .. 'longest_idle:' .. group, agent.idle, agent.id)
            call('ZADD', free .. 'most_skilled:' .. group, skillScore(skill, agent.idle), agent.id)
        else
            call('ZREM', free .. 'in_order:' .. group, agent.id)
            call('ZREM', free .. 'round_robin:' .. group, agent.id)
            call('ZREM', free .. 'longest_idle:' .. group, agent.id)
            call('ZREM', free .. 'most_skilled:' .. group, agent.id)
        end
        call(signedIn and 'SADD' or 'SREM', root .. ':in:' .. group, agent.id)
    end)
end

-- Stores an agent changed at a time, and notes what is to be published.
local function save(agent, at)
    local is, was, signedIn = state(agent), agent.was, isSignedIn(agent)
    if is ~= was.state or reason(agent) ~= was.reason then
        agent.since = nextSince(agent, at)
        if is == 'available' then agent.idle = at end
    end
    if (is == 'available') ~= (was.state == 'available') or signedIn ~= was.isSignedIn then
        index(agent, is == 'available', signedIn)
        if is == 'available' or signedIn ~= was.isSignedIn then touchGroups(agent) end
    end
    if agent.activity == NONE then
        call('ZREM', root .. ':due', agent.id)
    else
        call('ZADD', root .. ':due', agent['until'], agent.id)
    end
    local values = {}
    for _, field in ipairs(fields) do
        values[#values + 1] = field
        values[#values + 1] = numbers[field] and text(agent[field]) or agent[field]
    end
    call('HSET', root .. ':agent:' .. agent.id, unpack(values))
    local status = row(agent)
    if table.concat(status, '\t') ~= was.row then
        table.insert(status, 1, 'agent')
        changes[#changes + 1] = status
    end
    remember(agent)
end

local function hold(agent, token, callId, node, activity)
    agent.token = math.max(agent.token, token)
    agent.held, agent.call, agent.node, agent.activity, agent['until'] = token, callId, node, activity, now + lease
end

local function take(agent, callId, node, activity)
    agent.offer = call('INCR', root .. ':offers')
    hold(agent, math.max(agent.token + 1, micros), callId, node, activity)
    save(agent, now)
end

local function free(agent, wrapUp, at)
    agent.held, agent.call, agent.node, agent['until'] = 0, '', '', at + wrapUp
    agent.activity = wrapUp > 0 and WRAP_UP or NONE
    save(agent, at)
end

-- Null: unknown. Whoever is due but was left over by the sweep is brought up to date first.
local function find(id)
    local agent = read(id)
    if agent and agent.activity ~= NONE and agent['until'] <= now then free(agent, 0, agent['until']) end
    return agent
end

local function leave(group, callId)
    local entry = call('HGET', root .. ':calls:' .. group, callId)
    call('ZREM', root .. ':waits', group .. '\t' .. callId)
    if not entry then return end
    call('ZREM', root .. ':line:' .. group, entry)
    call('HDEL', root .. ':calls:' .. group, callId)
    changedGroups[group] = true
end

local function wait(group, callId, entry)
    local before = call('HGET', root .. ':calls:' .. group, callId)
    if before ~= entry then
        if before then call('ZREM', root .. ':line:' .. group, before) end
        call('ZADD', root .. ':line:' .. group, 0, entry)
        call('HSET', root .. ':calls:' .. group, callId, entry)
        changedGroups[group] = true
    end
    call('ZADD', root .. ':waits', now + lease, group .. '\t' .. callId)
end

local function sweep()
    for _, id in ipairs(call('ZRANGEBYSCORE', root .. ':due', '-inf', text(now), 'LIMIT', 0, SWEEP)) do
        if not find(id) then call('ZREM', root .. ':due', id) end
    end
    for _, key in ipairs(call('ZRANGEBYSCORE', root .. ':waits', '-inf', text(now), 'LIMIT', 0, SWEEP)) do
        local group, callId = string.match(key, '^(.-)\t(.*)$')
        leave(group, callId)
    end
end

local function publish()
    for group in pairs(changedGroups) do changes[#changes + 1] = {'group', group} end
    if #changes > 0 then call('PUBLISH', root .. ':changes', cjson.encode(changes)) end
end
