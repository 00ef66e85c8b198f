using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Quality;

namespace Gateway.Worker.Metrics;

/// <summary>Takes the samples of all conversations of this node. Called by many calls at once; must not wait.</summary>
internal interface IQualityListener
{
    /// <param name="call">Whose sample it is.</param>
    /// <param name="quality">The sample.</param>
    /// <param name="begun">The spells of bad quality that begin with it.</param>
    void Handle(CallIdentity call, LiveQuality quality, IReadOnlyList<Degradation> begun);
}
