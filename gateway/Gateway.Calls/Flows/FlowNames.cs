using System.Globalization;

namespace Gateway.Calls.Flows;

/// <summary>The agents, groups and audio files that a flow names: they are not deleted while it does.</summary>
public static class FlowNames
{
    private const string Place = "{n}", Minutes = "{minutes}";

    public static bool Names(Flow flow, AgentId agent) =>
        flow.Steps.Values.Any(step => step is FlowStep.Ring { Agents.Agents: { } agents } && agents.Contains(agent));

    public static bool Names(Flow flow, GroupId group) => flow.Steps.Values.Any(step => step switch
    {
        FlowStep.Ring ring => ring.Agents.Group == group,
        FlowStep.Queue queue => queue.Group == group,
        FlowStep.Voicemail voicemail => voicemail.Group == group,
        _ => false,
    });

    /// <summary>Also where the name is one of a pattern (`place-{n}`).</summary>
    public static bool NamesAudio(Flow flow, string audio) => flow.Steps.Values.Any(step => step switch
    {
        FlowStep.Queue queue => queue.Welcome == audio || queue.Music == audio
            || IsOf(queue.PlaceAudio, Place, audio) || IsOf(queue.WaitAudio, Minutes, audio),
        FlowStep.Announce announce => announce.Audio == audio,
        FlowStep.Menu menu => menu.Prompt == audio || menu.Invalid == audio,
        FlowStep.Voicemail voicemail => voicemail.Prompt == audio,
        _ => false,
    });

    /// <summary>The audio file of a number by its pattern: 3 of `place-{n}` is `place-3`.</summary>
    public static string OfPlace(string pattern, int place) => Of(pattern, Place, place);

    /// <summary>The audio file of a wait by its pattern: 5 of `wait-{minutes}` is `wait-5`.</summary>
    public static string OfMinutes(string pattern, int minutes) => Of(pattern, Minutes, minutes);

    private static string Of(string pattern, string mark, int number) =>
        pattern.Replace(mark, number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static bool IsOf(string? pattern, string mark, string audio)
    {
        if (pattern?.Split(mark) is not [var before, var after] || audio.Length <= before.Length + after.Length)
            return false;
        return audio.StartsWith(before, StringComparison.Ordinal) && audio.EndsWith(after, StringComparison.Ordinal)
            && audio[before.Length..^after.Length].All(char.IsAsciiDigit);
    }
}
