using Gateway.Calls.Agents;

namespace Gateway.Calls.Flows;

/// <summary>Checks one step of a flow by itself: bounds, and names that exist.</summary>
internal readonly struct StepRules(FlowReferences known)
{
    private const int MaxChoices = 50;
    private const int MaxTargets = 20;

    /// <summary>Sentences that begin with the member.</summary>
    public IEnumerable<string> Problems(FlowStep step) => step switch
    {
        FlowStep.Ring ring => [
            .. OfChoice(ring.Agents), .. Within("ringSeconds", ring.RingSeconds, 5, 120),
            .. ring.TotalSeconds is { } total ? Within("totalSeconds", total, 5, 600) : []],
        FlowStep.Queue queue => OfQueue(queue),
        FlowStep.Announce announce => OfAudio("audio", announce.Audio),
        FlowStep.Menu menu => OfMenu(menu),
        FlowStep.Pbx pbx => OfPbx(pbx),
        FlowStep.LastAgent last => [
            .. Within("ringSeconds", last.RingSeconds, 5, 120), .. Within("withinDays", last.WithinDays, 1, 365)],
        FlowStep.Voicemail voicemail => [
            .. known.MayRecord ? (string[])[] : ["kind: recording is off on this gateway (recording.folder)."],
            .. OfAudio("prompt", voicemail.Prompt, optional: true), .. Within("maxSeconds", voicemail.MaxSeconds, 5, 600),
            .. Within("silenceSeconds", voicemail.SilenceSeconds, 2, 30),
            .. voicemail.Group is { } group ? OfGroup("group", group) : []],
        _ => [],
    };

    private IEnumerable<string> OfQueue(FlowStep.Queue queue) => [
        .. OfGroup("group", queue.Group), .. Within("ringSeconds", queue.RingSeconds, 5, 120),
        .. Within("priority", queue.Priority, 0, 9), .. Within("maxWaitSeconds", queue.MaxWaitSeconds, 10, 7200),
        .. Within("capacity", queue.Capacity, 1, 10_000),
        .. OfAudio("welcome", queue.Welcome, optional: true), .. OfAudio("music", queue.Music, optional: true),
        .. queue.AnnounceEverySeconds is { } every ? Within("announceEverySeconds", every, 10, 600) : [],
        .. OfPattern("placeAudio", queue.PlaceAudio, "{n}"), .. OfPattern("waitAudio", queue.WaitAudio, "{minutes}"),
        .. queue.CallbackKey is { } key && !IsKey(key) ? [$"callbackKey: '{key}' is no key."] : (string[])[],
        .. queue is { OnCallback: not null, CallbackKey: null } ? ["onCallback: has no callbackKey."] : (string[])[]];

    private IEnumerable<string> OfMenu(FlowStep.Menu menu)
    {
        if (menu.Choices is not { Count: > 0 and <= MaxChoices })
            return [$"choices: a menu has 1 to {MaxChoices} choices."];
        return [
            .. OfAudio("prompt", menu.Prompt), .. OfAudio("invalid", menu.Invalid, optional: true),
            .. Within("inputSeconds", menu.InputSeconds, 2, 60), .. Within("tries", menu.Tries, 1, 10),
            .. menu.Choices.Keys.Where(keys => keys.Length is 0 or > 20 || !keys.All(IsKey))
                .Select(keys => $"choices['{keys}']: is not 1 to 20 of 0-9, * and #."),
            .. menu.Choices.Where(choice => choice.Value is null).Select(choice => $"choices['{choice.Key}']: names no step."),
            .. menu.RepeatKey is { } key && (!IsKey(key) || menu.Choices.Keys.Any(keys => keys.StartsWith(key)))
                ? [$"repeatKey: '{key}' is no key, or a choice begins with it."] : (string[])[]];
    }

    private IEnumerable<string> OfPbx(FlowStep.Pbx pbx)
    {
        if (pbx.Targets is not { Count: > 0 and <= MaxTargets })
            return [$"targets: 1 to {MaxTargets} are needed."];
        var trunks = known.Trunks;
        return [
            .. pbx.RingSeconds is { } seconds ? Within("ringSeconds", seconds, 5, 120) : [],
            .. pbx.Targets.Where(target => trunks is not null && !trunks.Contains(target.Trunk))
                .Select(target => $"targets: '{target.Trunk}' is no trunk."),
            .. pbx.Targets.Where(target => target.Weight is < 1 or > 1000)
                .Select(target => $"targets: weight {target.Weight} is not 1 to 1000.")];
    }

    private IEnumerable<string> OfChoice(AgentChoice? choice)
    {
        if (choice is null || choice.Group is null == choice.Agents is not { Count: > 0 })
            return ["agents: needs either a group or a list of agents."];
        var agents = known.Agents;
        return [
            .. choice.Group is { } group ? OfGroup("agents.group", group) : [],
            .. (choice.Agents ?? []).Where(agent => !agents.Contains(agent)).Select(agent => $"agents.agents: '{agent}' is no agent."),
            .. choice.Strategy == RingStrategy.Waves && !AreWaves(choice.Waves)
                ? ["agents.waves: 1 to 10 numbers from 1 to 100, each greater than the one before."] : (string[])[]];
    }

    private static bool AreWaves(IReadOnlyList<int>? sizes) => sizes is { Count: > 0 and <= 10 }
        && sizes.All(size => size is >= 1 and <= 100) && sizes.Zip(sizes.Skip(1)).All(pair => pair.Second > pair.First);

    private IEnumerable<string> OfGroup(string member, GroupId group) =>
        known.Groups.Contains(group) ? [] : [$"{member}: '{group}' is no group."];

    private IEnumerable<string> OfAudio(string member, string? audio, bool optional = false) =>
        audio is null && optional || audio is not null && known.Audio.Contains(audio) ? [] : [$"{member}: '{audio}' is no audio file."];

    private IEnumerable<string> OfPattern(string member, string? pattern, string mark)
    {
        if (pattern is null)
            return [];
        if (!pattern.Contains(mark, StringComparison.Ordinal))
            return [$"{member}: has no {mark}."];
        return OfAudio(member, pattern.Replace(mark, "1", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Within(string member, int value, int min, int max) =>
        value >= min && value <= max ? [] : [$"{member}: {value} is not from {min} to {max}."];

    private static bool IsKey(char key) => char.IsAsciiDigit(key) || key is '*' or '#';
}
