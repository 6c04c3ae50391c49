import type { ServerKind } from '../ipc/core'

/** What its makers call each family of servers; the names are the same in every language. */
export const kindNames: Record<ServerKind, string> = {
  deepseek: 'DeepSeek API',
  openai: 'OpenAI API',
  ollama: 'Ollama',
  lm_studio: 'LM Studio',
  llama_cpp: 'llama.cpp',
  vllm: 'vLLM',
  sglang: 'SGLang',
  mlx_lm: 'MLX LM',
  ds4: 'ds4-server',
  jan: 'Jan',
  local_ai: 'LocalAI',
  kobold_cpp: 'KoboldCpp',
  text_generation_webui: 'text-generation-webui',
  gpt4all: 'GPT4All',
  docker_model_runner: 'Docker Model Runner',
}
