import { useEffect, useState } from "preact/hooks";
import { useChat } from "./context.ts";
import { Sheet } from "./sheet.tsx";
import type { Why } from "./values.ts";

const SHOWN = 10;

interface Props {
  number: number;
  opener: HTMLElement;
  closed(): void;
}

/** For agents: which passages were found for an answer, and how they were sorted. */
export function Reasons({ number, opener, closed }: Props) {
  const chat = useChat();
  const [why, setWhy] = useState<Why | null>(null);
  useEffect(() => {
    void chat.why(number).then((said) => (said ? setWhy(said) : closed()));
  }, [number]);
  const locale = chat.view.phrases.language;
  const shown = (value: number | null) => value?.toLocaleString(locale, { maximumFractionDigits: 3 }) ?? "–";
  return (
    <Sheet title={chat.say("widget.why")} opener={opener} closed={closed}>
      {why && (
        <>
          <p class="fact">
            {chat.say("widget.why_threshold", { confidence: shown(why.confidence), threshold: shown(why.threshold) })}
          </p>
          <div class="table" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{chat.say("widget.why_rank")}</th>
                  <th scope="col">{chat.say("widget.why_score")}</th>
                  <th scope="col">{chat.say("widget.sources")}</th>
                </tr>
              </thead>
              <tbody>
                {why.candidates.slice(0, SHOWN).map((candidate) => (
                  <tr key={candidate.id}>
                    <td>
                      <bdi dir="ltr">{`${candidate.rank_recall} → ${candidate.rank ?? "–"}`}</bdi>
                    </td>
                    <td>{shown(candidate.score)}</td>
                    <td dir="auto" lang={candidate.language || undefined}>
                      {candidate.heading.join(" › ") || candidate.title}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </Sheet>
  );
}
