-- The operations of IAgentRegistry, one a function; arguments begin at ARGV[4].
local operations = {}

-- agent, groups
function operations.define(id, groups)
    local agent = find(id)
    local isNew = not agent
    if isNew then
        agent = create(id)
        call('SADD', root .. ':all', id)
    end
    local signedIn = isSignedIn(agent)
    if signedIn then touchGroups(agent) end
    index(agent, false, false)
    agent.groups = groups
    index(agent, state(agent) == 'available', signedIn)
    if signedIn then touchGroups(agent) end
    save(agent, now)
    return isNew and agent or nil
end

-- agent, groups, and a status as row() writes it
function operations.restore(id, groups, presence, reason, activity, pbx, callId, since, token, wrapUpUntil)
    local new = operations.define(id, groups)
    local agent = new or find(id)
    if not new and agent.token >= tonumber(token) then return end -- or who restored it first knew less
    agent.presence, agent.reason, agent.activity, agent.pbx = tonumber(presence), reason, tonumber(activity), tonumber(pbx)
    agent.call, agent.since, agent.token = callId, tonumber(since), tonumber(token)
    agent.held, agent.node = 0, ''
    if isHeld(agent) then
        agent.held, agent['until'] = agent.token, now + lease
    elseif agent.activity == WRAP_UP then
        agent['until'] = tonumber(wrapUpUntil)
    end
    if state(agent) == 'available' then agent.idle = agent.since end
    if new then remember(agent) end -- it is how it was, and nothing to be published
    index(agent, state(agent) == 'available', isSignedIn(agent))
    if isSignedIn(agent) then touchGroups(agent) end
    save(agent, now)
    find(id)
end

function operations.forget(id)
    local agent = find(id)
    if not agent then return end
    if isSignedIn(agent) then
        touchGroups(agent)
        changes[#changes + 1] = {'agent', id, '0', '', '0', '0', '', text(nextSince(agent, now)), text(agent.token), ''}
    end
    index(agent, false, false)
    call('SREM', root .. ':all', id)
    call('ZREM', root .. ':due', id)
    call('DEL', root .. ':agent:' .. id)
end

local function taken(agents, signedIn)
    local reply = {tostring(signedIn)}
    for _, agent in ipairs(agents) do
        reply[#reply + 1] = agent.id
        reply[#reply + 1] = text(agent.token)
    end
    return reply
end

-- call, node, group, order, count, "1" for in turn, number of excluded agents, these
function operations.take_of_group(callId, node, group, order, count, inTurn, exceptions, ...)
    local set, except, chosen = root .. ':free:' .. order .. ':' .. group, {}, {}
    for _, id in ipairs({...}) do except[id] = true end
    local signedIn = call('SCARD', root .. ':in:' .. group)
    count = tonumber(count)
    if inTurn == '1' then
        local entry = call('HGET', root .. ':calls:' .. group, callId)
        local line = root .. ':line:' .. group
        local before = entry and call('ZRANK', line, entry) or call('ZCARD', line) -- who does not wait comes after all who do
        if before >= call('ZCARD', set) then return taken(chosen, signedIn) end
    end
    for _, id in ipairs(call('ZRANGE', set, 0, count + tonumber(exceptions) - 1)) do
        local agent = #chosen < count and not except[id] and read(id)
        if agent then
            take(agent, callId, node, RINGING)
            chosen[#chosen + 1] = agent
        end
    end
    return taken(chosen, signedIn)
end

local keyOf = {
    in_order = function(agent) return agent.place end,
    round_robin = function(agent) return agent.offer end,
    longest_idle = function(agent) return agent.idle end,
    most_skilled = function(agent) return agent.idle end,
}

-- call, node, order, count, then of each agent, ordered by id: the id, its place in the list, "1" for excluded
function operations.take_of_list(callId, node, order, count, ...)
    local listed, available, signedIn, key = {...}, {}, 0, keyOf[order]
    for i = 1, #listed, 3 do
        local agent = find(listed[i])
        if agent and isSignedIn(agent) then signedIn = signedIn + 1 end
        if agent and state(agent) == 'available' and listed[i + 2] == '0' then
            agent.place, agent.rank = tonumber(listed[i + 1]), i
            available[#available + 1] = agent
        end
    end
    table.sort(available, function(a, b)
        if key(a) ~= key(b) then return key(a) < key(b) end
        return a.rank < b.rank
    end)
    local chosen = {}
    for i = 1, math.min(tonumber(count), #available) do
        take(available[i], callId, node, RINGING)
        chosen[i] = available[i]
    end
    return taken(chosen, signedIn)
end

function operations.take_busy(id, callId, node)
    local agent = find(id)
    if not agent or isHeld(agent) then return '' end
    take(agent, callId, node, BUSY)
    return text(agent.token)
end

local function held(id, token)
    local agent = find(id)
    return agent and isHeld(agent) and agent.held == tonumber(token) and agent or nil
end

function operations.answer(id, token)
    local agent = held(id, token)
    if not agent or agent.activity ~= RINGING then return 0 end
    agent.activity = BUSY
    save(agent, now)
    return 1
end

function operations.release(id, token, wrapUp)
    local agent = held(id, token)
    if not agent then return 0 end
    agent.released = agent.held
    free(agent, tonumber(wrapUp), now)
    return 1
end

function operations.end_wrap_up(id)
    local agent = find(id)
    if agent and agent.activity == WRAP_UP then free(agent, 0, now) end
end

function operations.set_presence(id, presence, reason)
    local agent = find(id)
    if not agent then return 0 end
    agent.presence, agent.reason = tonumber(presence), reason
    save(agent, now)
    return 1
end

function operations.set_busy_at_pbx(id, pbx)
    local agent = find(id)
    if not agent then return end
    agent.pbx = tonumber(pbx)
    save(agent, now)
end

-- False: a later call has the agent, or the one that talks. One who was lost and is free again is restored, since that phone rings or is
-- in use. Who talks is taken from a later call that rings: while Redis stood still this node could not say so, and that node took the agent.
local function keep(node, id, token, callId, isBusy)
    local key = root .. ':agent:' .. id
    local known = call('HMGET', key, 'held', 'call', 'activity')
    if not known[1] then return true end
    -- What is as it was, which is nearly all of it, costs two writes.
    local isAsItWas = known[3] == text(BUSY) or known[3] == text(RINGING) and not isBusy
    if known[1] == token and known[2] == callId and isAsItWas then
        call('HSET', key, 'until', text(now + lease))
        call('ZADD', root .. ':due', now + lease, id)
        return true
    end
    local agent = find(id)
    token = tonumber(token)
    if token == agent.released then return true end -- given back meanwhile
    local isLater = agent.held >= token and not (isBusy and agent.activity == RINGING)
    if isHeld(agent) and agent.call ~= callId and isLater then return false end
    local wasBusy = agent.activity == BUSY and agent.call == callId
    hold(agent, token, callId, node, (isBusy or wasBusy) and BUSY or RINGING)
    save(agent, now)
    return true
end

-- node, number of agents held, of each: agent, token, call, "1" for busy; then of each call that waits: group, call, its text in the line.
-- Replies with the generation, the places of the lost ones, the nodes that renew, and the generation's age in microseconds.
function operations.keep(node, count, ...)
    call('SETNX', root .. ':generation', text(micros))
    call('ZADD', root .. ':nodes', now + lease, node)
    call('ZREMRANGEBYSCORE', root .. ':nodes', '-inf', text(now))
    local arguments, lost = {...}, {}
    local last = tonumber(count) * 4
    for i = 1, last, 4 do
        if not keep(node, arguments[i], arguments[i + 1], arguments[i + 2], arguments[i + 3] == '1') then
            lost[#lost + 1] = text((i - 1) / 4)
        end
    end
    for i = last + 1, #arguments, 3 do wait(arguments[i], arguments[i + 1], arguments[i + 2]) end
    local generation = call('GET', root .. ':generation')
    return {generation, lost, call('ZRANGE', root .. ':nodes', 0, -1), micros - tonumber(generation)}
end

function operations.join(group, callId, entry) wait(group, callId, entry) end

function operations.leave(callId, group) leave(group, callId) end

function operations.waiting(group) return call('ZRANGE', root .. ':line:' .. group, 0, -1) end

function operations.list()
    local rows = {}
    for _, id in ipairs(call('SMEMBERS', root .. ':all')) do
        local agent = find(id)
        if agent then rows[#rows + 1] = row(agent) end
    end
    return rows
end

function operations.find(id)
    local agent = find(id)
    return agent and row(agent) or {}
end

sweep()
local reply = operations[operation](unpack(ARGV, 4))
publish()
return reply
